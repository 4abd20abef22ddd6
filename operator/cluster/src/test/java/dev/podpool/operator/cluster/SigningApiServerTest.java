package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Certificates of queues on a real API server. */
@OnApiServer
class SigningApiServerTest {

  private static final Duration SIXTEEN_MONTHS = Authority.VALIDITY.multipliedBy(2).dividedBy(3);

  private TestCluster cluster;
  private Pod pod;
  private CertificateClient asking;

  @BeforeEach
  void start(ApiServer server) throws Exception {
    cluster = new TestCluster(server);
    OperatorAccount.forgetCa(cluster.client);
    cluster.createQueue("default");
    cluster.startOperator();
    cluster.awaitQueue("default");
    pod = cluster.createQueuePod("default");
    asking = new CertificateClient(cluster, pod);
  }

  @AfterEach
  void stop() {
    cluster.close();
    OperatorAccount.forgetCa(cluster.client);
  }

  private void refused(Asked asked, String reason, String words) throws Exception {
    String request = asking.ask(asked);
    var condition = asking.awaitRefusal(request);
    assertThat(condition.getType()).isEqualTo("Denied");
    assertThat(condition.getReason()).isEqualTo(reason);
    assertThat(condition.getMessage()).contains(words);
    assertThat(asking.find(request).getStatus().getCertificate()).isNull();
  }

  @Test
  void aQueuesPodIsGivenACertificateWithItsOwnTokenAndRights() throws Exception {
    String token =
        cluster
            .client
            .serviceAccounts()
            .inNamespace(cluster.namespace)
            .withName("default-queue")
            .tokenRequest(
                new TokenRequestBuilder()
                    .withNewSpec()
                    .withNewBoundObjectRef(
                        "v1", "Pod", "default-queue-0", pod.getMetadata().getUid())
                    .endSpec()
                    .build())
            .getStatus()
            .getToken();
    var config =
        new ConfigBuilder(cluster.client.getConfiguration())
            .withClientCertData(null)
            .withClientCertFile(null)
            .withClientKeyData(null)
            .withClientKeyFile(null)
            .withOauthToken(token)
            .build();

    X509Certificate certificate;
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
      certificate = asking.awaitCertificate(asking.ask(client, new Asked()));
    }

    assertThat(certificate.getSubjectX500Principal().getName())
        .isEqualTo("CN=default-queue." + cluster.namespace + ".svc");
    assertThat(certificate.getSubjectAlternativeNames())
        .extracting(name -> name.get(0) + " " + name.get(1))
        .containsExactly(
            "2 default-queue." + cluster.namespace + ".svc",
            "2 default-queue." + cluster.namespace,
            "2 default-queue",
            "2 default-queue-0.default-queue." + cluster.namespace + ".svc");
    assertThat(certificate.getExtendedKeyUsage())
        .as("server auth, client auth")
        .containsExactly("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
    assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
    Duration validity =
        Duration.between(
            certificate.getNotBefore().toInstant(), certificate.getNotAfter().toInstant());
    assertThat(validity).isBetween(Duration.ofDays(7), Duration.ofDays(7).plusHours(1));
    var ca = CertificateClient.parse(cluster.access("default").get("ca.crt"));
    var parameters = new PKIXParameters(Set.of(new TrustAnchor(ca, null)));
    parameters.setRevocationEnabled(false);
    CertPathValidator.getInstance("PKIX")
        .validate(
            CertificateFactory.getInstance("X.509").generateCertPath(List.of(certificate)),
            parameters);
  }

  @Test
  void whoeverIsNoQueuesPodIsDenied() throws Exception {
    asking.username = "system:serviceaccount:" + cluster.namespace + ":default";
    refused(new Asked(), "NotAQueue", cluster.namespace + ":default is no ServiceAccount of a");
    asking.username = "jane";
    refused(new Asked(), "NotAQueue", "jane is no ServiceAccount of a queue");

    asking = new CertificateClient(cluster, pod);
    asking.podName = null;
    refused(new Asked(), "NotItsPod", "bound to no pod");

    asking = new CertificateClient(cluster, pod);
    asking.podName = "default-queue-1";
    refused(new Asked(), "NotItsPod", "there is no pod default-queue-1 with uid");

    asking = new CertificateClient(cluster, pod);
    asking.podUid = "00000000-0000-0000-0000-000000000000";
    refused(new Asked(), "NotItsPod", "there is no pod default-queue-0 with uid 00000000");

    cluster.createPod("stranger");
    asking = new CertificateClient(cluster, cluster.pod("stranger"));
    refused(new Asked(), "NotItsPod", "pod stranger is none of queue default: those are named");

    cluster.createPod("default-queue-7");
    asking = new CertificateClient(cluster, cluster.pod("default-queue-7"));
    refused(new Asked(), "NotItsPod", "pod default-queue-7 is none of queue default: it lacks");

    asking = new CertificateClient(cluster, pod);
    asking.username = "system:serviceaccount:" + cluster.namespace + ":missing-queue";
    refused(new Asked(), "NoSuchQueue", "there is no QueueCluster missing in " + cluster.namespace);
  }

  @Test
  void whatElseIsAskedForIsDenied() throws Exception {
    String[] names = asking.names();
    refused(
        new Asked().withNames(names[0], names[1], names[2]),
        "WrongNames",
        "ask for exactly [default-queue.");
    refused(
        new Asked().withNames(names[0], names[1], names[2], names[3], "kubernetes.default.svc"),
        "WrongNames",
        "kubernetes.default.svc");
    refused(
        new Asked()
            .withNames(
                new GeneralName(GeneralName.dNSName, names[0]),
                new GeneralName(GeneralName.dNSName, names[1]),
                new GeneralName(GeneralName.dNSName, names[2]),
                new GeneralName(GeneralName.dNSName, names[3]),
                new GeneralName(GeneralName.iPAddress, "10.0.0.1")),
        "WrongNames",
        "7:");
    refused(
        new Asked().withUsages("digital signature", "server auth"),
        "WrongUsages",
        "[client auth, digital signature, server auth]");
    refused(
        new Asked()
            .withUsages("digital signature", "server auth", "client auth", "key encipherment"),
        "WrongUsages",
        "key encipherment");
    refused(new Asked().withKey("RSA", ""), "WrongKey", "one of RSA");
    refused(new Asked().withKey("EC", "secp384r1"), "WrongKey", "EC P-256");
  }

  @Test
  void aReplicaIsGivenItsOwnNameAndNotAnothers() throws Exception {
    String mine = asking.names()[3];
    asking = new CertificateClient(cluster, cluster.createQueuePod("default", 1));
    String[] names = asking.names();

    refused(
        new Asked().withNames(names[0], names[1], names[2], mine),
        "WrongNames",
        "ask for exactly [default-queue.");
    refused(
        new Asked().withNames(names[0], names[1], names[2], mine, names[3]), "WrongNames", mine);

    assertThat(asking.awaitCertificate(asking.ask(new Asked())).getSubjectAlternativeNames())
        .extracting(name -> name.get(1))
        .last()
        .isEqualTo("default-queue-1.default-queue." + cluster.namespace + ".svc");
  }

  @Test
  void whatAPersonApprovesIsLookedAtAllTheSame() throws Exception {
    cluster.stopOperator();
    String wrong = asking.ask(new Asked().withNames("kubernetes.default.svc"));
    String right = asking.ask(new Asked());
    var requests = cluster.client.certificates().v1().certificateSigningRequests();
    requests.withName(wrong).approve();
    requests.withName(right).approve();

    cluster.startOperator();

    asking.awaitCertificate(right);
    var condition = asking.awaitRefusal(wrong);
    assertThat(condition.getType()).isEqualTo("Failed");
    assertThat(condition.getReason()).isEqualTo("WrongNames");
    assertThat(asking.find(wrong).getStatus().getCertificate()).isNull();
  }

  @Test
  void requestsOfOtherSignersAndOtherNamespacesAreLeftAlone() throws Exception {
    asking.signer = "example.com/other";
    String other = asking.ask(new Asked());
    asking = new CertificateClient(cluster, pod);
    asking.username = "system:serviceaccount:elsewhere:default-queue";
    String elsewhere = asking.ask(new Asked());
    asking = new CertificateClient(cluster, pod);

    asking.awaitCertificate(asking.ask(new Asked()));

    assertThat(asking.find(other).getStatus().getConditions()).isEmpty();
    assertThat(asking.find(elsewhere).getStatus().getConditions()).isEmpty();
  }

  @Test
  void aNewAuthorityIsPublishedBesideTheOldTenMinutesBeforeItSigns() throws Exception {
    String before = cluster.access("default").get("ca.crt");

    cluster.ahead = SIXTEEN_MONTHS.plusHours(1);
    touch();
    String both = await(() -> cluster.access("default").get("ca.crt"), now -> !now.equals(before));

    assertThat(both).endsWith(before).isNotEqualTo(before);
    var old = CertificateClient.parse(before).getSubjectX500Principal();
    var next = CertificateClient.parse(both).getSubjectX500Principal();
    assertThat(next).isNotEqualTo(old);
    assertThat(asking.awaitCertificate(asking.ask(new Asked())).getIssuerX500Principal())
        .isEqualTo(old);
    // Whoever leads next finds out the same.
    cluster.stopOperator();
    cluster.ahead = cluster.ahead.plus(Duration.ofMinutes(9));
    cluster.startOperator();
    assertThat(asking.awaitCertificate(asking.ask(new Asked())).getIssuerX500Principal())
        .isEqualTo(old);
    assertThat(cluster.access("default")).containsEntry("ca.crt", both);
    cluster.ahead = cluster.ahead.plus(Duration.ofMinutes(2));
    assertThat(asking.awaitCertificate(asking.ask(new Asked())).getIssuerX500Principal())
        .isEqualTo(next);

    // And when the old one has ended, nobody is told of it any more.
    cluster.ahead = Authority.VALIDITY.plusHours(1);
    touch();
    await(() -> cluster.access("default").get("ca.crt"), now -> both.equals(now + before));
  }

  /** Has the operator look at the queue, as it does every five minutes. */
  private void touch() {
    cluster.client.services().inNamespace(cluster.namespace).withName("default-queue").delete();
  }

  @Test
  void anAuthorityThatSomebodyDeletesIsWrittenAgain() throws Exception {
    String before = cluster.access("default").get("ca.crt");
    OperatorAccount.forgetCa(cluster.client);

    cluster.ahead = Duration.ofMinutes(11);
    touch();

    await(
        () ->
            cluster
                .client
                .secrets()
                .inNamespace(OperatorAccount.NAMESPACE)
                .withName(CaStore.SECRET)
                .get(),
        secret -> secret != null);
    assertThat(cluster.access("default")).containsEntry("ca.crt", before);
  }
}
