package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestCondition;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Asks for certificates as whoever it is said to be, with rights that are never too few. */
final class CertificateClient {

  private final TestCluster cluster;

  /** What the API server says of whoever asks. */
  String username;

  String podName;
  String podUid;
  String signer = SigningReconciler.SIGNER;

  /** The pod of queue {@code default}. */
  CertificateClient(TestCluster cluster, Pod pod) {
    this.cluster = cluster;
    username = "system:serviceaccount:" + cluster.namespace + ":default-queue";
    podName = pod.getMetadata().getName();
    podUid = pod.getMetadata().getUid();
  }

  /** Returns the request's name. */
  String ask(Asked asked) throws Exception {
    var config =
        new ConfigBuilder(cluster.client.getConfiguration())
            .withImpersonateUsername(username)
            .withImpersonateGroups("system:masters")
            .withImpersonateExtras(
                podName == null
                    ? Map.of()
                    : Map.of(
                        "authentication.kubernetes.io%2fpod-name",
                        List.of(podName),
                        "authentication.kubernetes.io%2fpod-uid",
                        List.of(podUid)))
            .build();
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
      return ask(client, asked);
    }
  }

  /** As whoever {@code client} is. */
  String ask(KubernetesClient client, Asked asked) throws Exception {
    Asked all = asked.names() == null ? asked.withNames(names()) : asked;
    return client
        .resource(
            new CertificateSigningRequestBuilder()
                .withNewMetadata()
                .withGenerateName(cluster.namespace + "-")
                .endMetadata()
                .withNewSpec()
                .withSignerName(signer)
                .withUsages(all.usages())
                .withRequest(all.encoded(all.makeKey()))
                .endSpec()
                .build())
        .create()
        .getMetadata()
        .getName();
  }

  String[] names() {
    String in = cluster.namespace;
    return new String[] {
      "default-queue." + in + ".svc",
      "default-queue." + in,
      "default-queue",
      podName + ".default-queue." + in + ".svc"
    };
  }

  CertificateSigningRequest find(String request) {
    return cluster.client.certificates().v1().certificateSigningRequests().withName(request).get();
  }

  X509Certificate awaitCertificate(String request) throws Exception {
    CertificateSigningRequest signed =
        await(
            () -> find(request),
            now -> now.getStatus() != null && now.getStatus().getCertificate() != null);
    return parse(Base64.getDecoder().decode(signed.getStatus().getCertificate()));
  }

  static X509Certificate parse(byte[] pem) throws Exception {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem));
  }

  static X509Certificate parse(String pem) throws Exception {
    return parse(pem.getBytes(StandardCharsets.US_ASCII));
  }

  /** The last thing that is said of a request that gets nothing. */
  CertificateSigningRequestCondition awaitRefusal(String request) {
    return await(
            () -> find(request),
            now ->
                now.getStatus() != null
                    && now.getStatus().getConditions().stream()
                        .anyMatch(condition -> condition.getType().matches("Denied|Failed")))
        .getStatus()
        .getConditions()
        .getLast();
  }
}
