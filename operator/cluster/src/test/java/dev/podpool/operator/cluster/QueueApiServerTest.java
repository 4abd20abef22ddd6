package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.podpool.crd.Condition.Truth;
import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Queues on a real API server. */
@OnApiServer
class QueueApiServerTest {

  private TestCluster cluster;

  @BeforeEach
  void start(ApiServer server) throws Exception {
    cluster = new TestCluster(server);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private StatefulSet set(String name) {
    return cluster.client.apps().statefulSets().inNamespace(cluster.namespace).withName(name).get();
  }

  private List<HasMetadata> parts() {
    var in = cluster.namespace;
    var client = cluster.client;
    return List.of(
        client.services().inNamespace(in).withName("default-queue").get(),
        client.policy().v1().podDisruptionBudget().inNamespace(in).withName("default-queue").get(),
        client.network().v1().networkPolicies().inNamespace(in).withName("default-queue").get(),
        client.serviceAccounts().inNamespace(in).withName("default-queue").get(),
        client.serviceAccounts().inNamespace(in).withName("default-queue-worker").get(),
        client.rbac().roleBindings().inNamespace(in).withName("default-queue-worker").get(),
        client.configMaps().inNamespace(in).withName("default-queue-access").get(),
        set("default-queue"));
  }

  @Test
  void aQueueIsMadeOfItsPartsWhichGoWithIt() {
    cluster.createQueue("default");
    cluster.startOperator();

    await(() -> set("default-queue"), there -> there != null);
    String uid = cluster.queueCluster("default").getMetadata().getUid();
    assertThat(parts())
        .allSatisfy(
            part -> {
              assertThat(part.getMetadata().getOwnerReferences().getFirst().getUid())
                  .isEqualTo(uid);
              assertThat(part.getMetadata().getLabels()).containsEntry(Names.QUEUE, "default");
            });
    await(() -> cluster.queueCluster("default").getStatus(), status -> status != null);
    var ready = cluster.queueCluster("default").getStatus().conditions().getFirst();
    assertThat(ready.status()).isEqualTo(Truth.False);
    assertThat(ready.message()).isEqualTo("Starting");
  }

  @Test
  void aQueueThatServesSaysSoAndNothingIsWrittenAnyMore() {
    cluster.createQueue("default");
    cluster.startOperator();
    await(() -> set("default-queue"), there -> there != null);

    cluster.statefulSetReady("default-queue");

    await(
        () -> cluster.queueCluster("default").getStatus(),
        status -> status != null && status.readyReplicas() == 1);
    assertThat(cluster.queueCluster("default").getStatus().conditions().getFirst().message())
        .isEqualTo("Serving");
    var versions = parts().stream().map(part -> part.getMetadata().getResourceVersion()).toList();
    String version = cluster.queueCluster("default").getMetadata().getResourceVersion();
    cluster.stopOperator();
    cluster.startOperator();
    // Something that is seen behind the queue.
    cluster.createQueue("other");
    await(() -> set("other-queue"), there -> there != null);
    assertThat(parts().stream().map(part -> part.getMetadata().getResourceVersion()).toList())
        .isEqualTo(versions);
    assertThat(cluster.queueCluster("default").getMetadata().getResourceVersion())
        .isEqualTo(version);
  }

  @Test
  void aPartThatIsDeletedIsMadeAgainAndAChangedSpecIsApplied() {
    cluster.createQueue("default");
    cluster.startOperator();
    await(() -> set("default-queue"), there -> there != null);

    cluster.client.services().inNamespace(cluster.namespace).withName("default-queue").delete();
    await(
        () ->
            cluster
                .client
                .services()
                .inNamespace(cluster.namespace)
                .withName("default-queue")
                .get(),
        service -> service != null);
    cluster.patchQueue("default", "{nodeSelector: {disk: ssd}}");

    await(
        () -> set("default-queue").getSpec().getTemplate().getSpec().getNodeSelector(),
        selector -> selector != null && "ssd".equals(selector.get("disk")));
  }

  @Test
  void whateverSomebodyChangesOfItsPartsIsRestored() {
    cluster.createQueue("default");
    cluster.startOperator();
    cluster.awaitQueue("default");
    List<HasMetadata> parts = new ArrayList<>(parts());
    parts.add(binding("podpool:queue:" + cluster.namespace + ":default"));
    List<String> edits =
        List.of(
            "{'spec': {'selector': {'podpool.dev/queue': 'another'}}}",
            "{'spec': {'maxUnavailable': 0}}",
            "{'spec': {'ingress': [{}]}}",
            "{'automountServiceAccountToken': true}",
            "{'metadata': {'labels': {'podpool.dev/queue': null}}}",
            "{'subjects': []}",
            "{'data': {'endpoint': 'elsewhere:1', 'ca.crt': null}}",
            "{'spec': {'replicas': 0, 'template': {'spec': {'serviceAccountName': 'default'}}}}",
            "{'subjects': []}");
    List<Object> before = parts.stream().map(QueueApiServerTest::content).toList();
    for (int i = 0; i < parts.size(); i++) {
      HasMetadata part = parts.get(i);

      cluster
          .client
          .resource(part)
          .patch(PatchContext.of(PatchType.JSON_MERGE), edits.get(i).replace('\'', '"'));

      Object as = before.get(i);
      await(() -> content(cluster.client.resource(part).get()), now -> as.equals(now));
    }
  }

  /** All but what each change changes. */
  private static Object content(HasMetadata part) {
    Map<String, Object> content =
        Serialization.jsonMapper().convertValue(part, new TypeReference<>() {});
    content.remove("status");
    content.put("metadata", part.getMetadata().getLabels());
    return content;
  }

  @Test
  void aQueueWithAllThatItCanSayIsMadeSoAndNothingIsWrittenWhereNothingHasChanged() {
    cluster
        .client
        .resource(
            Serialization.unmarshal(
                """
                apiVersion: podpool.dev/v1alpha1
                kind: QueueCluster
                metadata: {name: default, namespace: %s}
                spec:
                  storage: {size: 1024Mi, storageClassName: fast}
                  resources: {requests: {cpu: '0.50', memory: 1024Mi}, limits: {memory: 1024Mi}}
                  nodeSelector: {disk: ssd}
                  tolerations: [{key: disk, operator: Exists}]
                  imagePullSecrets: [{name: one}, {name: two}]
                """
                    .formatted(cluster.namespace),
                GenericKubernetesResource.class))
        .create();
    cluster.startOperator();
    cluster.awaitQueue("default");
    assertThat(set("default-queue").getSpec().getTemplate().getSpec().getImagePullSecrets())
        .extracting(LocalObjectReference::getName)
        .containsExactly("one", "two");
    cluster.stopOperator();
    // The API server may be slow to show what was made.
    await(this::writesOfWhoeverTakesOver, Set::isEmpty);
  }

  private Set<String> writesOfWhoeverTakesOver() {
    cluster.metrics = new OperatorMetrics();
    OperatorAccount.USED.clear();
    cluster.startOperator();
    await(() -> cluster.reconciliations("queueclusters"), ended -> ended >= 1);
    cluster.stopOperator();
    Set<String> used = new TreeSet<>(OperatorAccount.USED);
    used.removeIf(right -> right.matches("(get|list|watch) .*"));
    return used;
  }

  @Test
  void aQueueThatKeepsDyingSaysWithWhichWords() {
    cluster.createQueue("default");
    cluster.startOperator();
    await(() -> set("default-queue"), there -> there != null);

    cluster.crashingQueuePod("default", 3, "the queue can't start: the log is damaged");

    await(
        () -> cluster.queueCluster("default").getStatus().conditions().getFirst().message(),
        "Pending: queue keeps dying: exit 3, the queue can't start: the log is damaged"::equals);
    await(() -> cluster.events("CrashLoopBackOff"), events -> events.size() == 1);
  }

  @Test
  void aNamespaceWhosePoolNamesNoQueueGetsOneIfThatIsAllowed() {
    cluster.makesDefaultQueue = true;
    cluster.startOperator();

    cluster.apply("index", "{}");

    cluster.awaitPods("index-0");
    assertThat(cluster.queueCluster("default").getMetadata().getOwnerReferences()).isEmpty();
    await(() -> set("default-queue"), there -> there != null);
  }

  @Test
  void itsRightsAreOfTheClusterAndGoWithIt() {
    String name = "podpool:queue:" + cluster.namespace + ":default";
    cluster.createQueue("default");
    cluster.startOperator();
    cluster.awaitQueue("default");
    ClusterRoleBinding there = binding(name);
    assertThat(there.getRoleRef().getName()).isEqualTo("podpool-queue");
    assertThat(there.getSubjects())
        .singleElement()
        .satisfies(
            subject -> {
              assertThat(subject.getKind()).isEqualTo("ServiceAccount");
              assertThat(subject.getNamespace()).isEqualTo(cluster.namespace);
              assertThat(subject.getName()).isEqualTo("default-queue");
            });

    cluster.client.rbac().clusterRoleBindings().withName(name).delete();
    await(() -> binding(name), again -> again != null);
    cluster.client.resource(cluster.queueCluster("default")).delete();

    await(() -> binding(name), gone -> gone == null);
  }

  @Test
  void rightsOfQueuesThatWentUnseenAreSweptAtTheStart() {
    String elsewhere = leftOver("podpool:queue:elsewhere:gone");
    String other = leftOver("podpool:another");
    String gone = leftOver("podpool:queue:" + cluster.namespace + ":gone");
    String needed = leftOver("podpool:queue:" + cluster.namespace + ":default");
    cluster.createQueue("default");

    cluster.startOperator();

    await(() -> binding(gone), binding -> binding == null);
    assertThat(binding(needed)).isNotNull();
    assertThat(binding(elsewhere)).as("of a namespace that is not looked after").isNotNull();
    assertThat(binding(other)).isNotNull();
    cluster.client.rbac().clusterRoleBindings().withName(elsewhere).delete();
    cluster.client.rbac().clusterRoleBindings().withName(other).delete();
  }

  private ClusterRoleBinding binding(String name) {
    return cluster.client.rbac().clusterRoleBindings().withName(name).get();
  }

  private String leftOver(String name) {
    OperatorAccount.client(cluster.client); // makes the roles
    cluster
        .client
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(QueueObjects.labels("gone"))
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "podpool-queue")
                .build())
        .create();
    return name;
  }

  @Test
  void aQueuesPodIsItsAccountAndItsWorkersAreTheirs() {
    cluster.createQueue("default");
    cluster.startOperator();
    cluster.awaitQueue("default");

    var pod = set("default-queue").getSpec().getTemplate().getSpec();
    assertThat(pod.getServiceAccountName()).isEqualTo("default-queue");
    assertThat(pod.getAutomountServiceAccountToken()).isTrue();
    assertThat(pod.getContainers().getFirst().getArgs())
        .containsExactly(
            "/var/lib/podpool/queue",
            "--listen=0.0.0.0:7420",
            "--cluster=default",
            "--monitor=0.0.0.0:7421");
    RoleBinding workers =
        cluster
            .client
            .rbac()
            .roleBindings()
            .inNamespace(cluster.namespace)
            .withName("default-queue-worker")
            .get();
    assertThat(workers.getRoleRef().getKind()).isEqualTo("ClusterRole");
    assertThat(workers.getRoleRef().getName()).isEqualTo("podpool-worker");
    assertThat(workers.getSubjects().getFirst().getName()).isEqualTo("default-queue-worker");
    assertThat(cluster.access("default"))
        .containsEntry("endpoint", "default-queue.%s.svc:7420".formatted(cluster.namespace))
        .hasEntrySatisfying("ca.crt", pem -> assertThat(pem).contains("BEGIN CERTIFICATE"));
  }
}
