package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.podpool.crd.Condition;
import dev.podpool.crd.Condition.Truth;
import dev.podpool.program.LostData;
import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
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
    cluster.createQueue(
        "default",
        """
        {replicas: 3,
         storage: {size: 1024Mi, storageClassName: fast},
         resources: {requests: {cpu: '0.50', memory: 1024Mi}, limits: {memory: 1024Mi}},
         nodeSelector: {disk: ssd},
         tolerations: [{key: disk, operator: Exists}],
         imagePullSecrets: [{name: one}, {name: two}]}
        """
            .strip());
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
    assertThat(pod.getContainers().getFirst().getEnv())
        .satisfiesExactly(
            name -> {
              assertThat(name.getName()).isEqualTo("POD_NAME");
              assertThat(name.getValueFrom().getFieldRef().getFieldPath())
                  .isEqualTo("metadata.name");
            },
            since -> {
              assertThat(since.getName()).isEqualTo(LostData.SINCE);
              var mark = since.getValueFrom().getConfigMapKeyRef();
              assertThat(mark.getName()).isEqualTo("default-queue-data");
              assertThat(mark.getKey()).isEqualTo("since");
              assertThat(mark.getOptional()).as("it begins without").isTrue();
            });
    assertThat(pod.getContainers().getFirst().getTerminationMessagePolicy())
        .isEqualTo("FallbackToLogsOnError");
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

  // ---- its data

  private ConfigMap mark() {
    return cluster
        .client
        .configMaps()
        .inNamespace(cluster.namespace)
        .withName("default-queue-data")
        .get();
  }

  /** What its pod says that finds its volume empty. */
  private void dataIsLost() {
    cluster.statefulSetReady("default-queue", 0);
    cluster.crashingQueuePod(
        "default", 3, "the queue serves on port 7420\nthe queue can't start: its data is lost: …");
  }

  @Test
  void aQueueThatIsReadyHasDataFromThenOn() {
    cluster.createQueue("default");
    cluster.startOperator();
    cluster.awaitQueue("default");
    assertThat(mark()).as("its pod may begin").isNull();

    cluster.statefulSetReady("default-queue");

    ConfigMap mark = await(this::mark, there -> there != null);
    Instant since = Instant.parse(mark.getData().get("since"));
    assertThat(mark.getMetadata().getOwnerReferences().getFirst().getUid())
        .as("it goes with the queue")
        .isEqualTo(cluster.queueCluster("default").getMetadata().getUid());
    cluster.statefulSetReady("default-queue", 0);
    await(this::readyMessage, "Starting"::equals);
    cluster.statefulSetReady("default-queue", 1);
    await(this::readyMessage, "Serving"::equals);
    assertThat(mark().getData()).containsEntry("since", since.toString());
    cluster.client.resource(mark).delete();
    await(this::mark, again -> again != null);
  }

  @Test
  void aMarkThatNoLongerSaysSinceWhenIsWrittenAgainForPodsReadIt() {
    cluster.createQueue("default");
    cluster.startOperator();
    cluster.awaitQueue("default");
    cluster.statefulSetReady("default-queue");
    String made = await(this::mark, there -> there != null).getMetadata().getCreationTimestamp();
    cluster.statefulSetReady("default-queue", 0);
    await(this::readyMessage, "Starting"::equals);

    for (String edited : List.of("null", "\"\"", "\"for ever\"")) {
      cluster
          .client
          .resource(mark())
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"data\": {\"since\": %s}}".formatted(edited));
      await(() -> mark().getData().get("since"), made::equals);
    }
  }

  @Test
  void lostDataIsToldAndNothingBeginsAnewUntilAPersonWantsIt() {
    cluster.createQueue("default");
    cluster.startOperator();
    await(() -> set("default-queue"), there -> there != null);
    cluster.statefulSetReady("default-queue");
    ConfigMap mark = await(this::mark, there -> there != null);
    cluster.apply("index", "{workers: 1}");
    cluster.run("index-0", 0);
    cluster.awaitMessage("index", "Joined");

    dataIsLost();
    cluster.queue.reachable(false);

    await(
        this::readyMessage,
        "Pending: queue has an empty volume, though there is data since %s: bring the volume back, or restore a copy; or begin anew without jobs, results and shared objects, kubectl -n %s delete configmap/default-queue-data (docs/operations.md)"
                .formatted(mark.getData().get("since"), cluster.namespace)
            ::equals);
    await(() -> cluster.events("DataLost"), events -> events.size() == 1);
    cluster.awaitMessage(
        "index",
        "Queue unreachable: its data is lost, kubectl describe qc/default says what to do");
    await(() -> cluster.events("QueueDataLost"), events -> events.size() == 1);
    assertThat(cluster.pod("default-queue-0").isMarkedForDeletion()).isFalse();
    assertThat(cluster.pod("index-0").isMarkedForDeletion()).isFalse();
    // Another operator says the same, and not once more.
    cluster.stopOperator();
    cluster.startOperator();
    cluster.patchQueue("default", "{nodeSelector: {disk: ssd}}");
    await(
        () -> cluster.queueCluster("default").getStatus().observedGeneration(),
        generation -> generation == 2);
    assertThat(cluster.events("DataLost")).hasSize(1);

    cluster.client.resource(mark).delete();

    await(() -> cluster.pod("default-queue-0"), pod -> pod == null);
    await(this::readyMessage, "Starting"::equals);
    assertThat(mark()).isNull();
    cluster.createQueuePod("default", 0);
    cluster.statefulSetReady("default-queue", 1);
    cluster.queue.reachable(true);
    await(this::mark, again -> again != null);
    cluster.awaitMessage("index", "Joined");
  }

  @Test
  void aPodThatFoundNoDataBeforeThereWasAnyIsOfThePast() {
    cluster.createQueue("default");
    cluster.startOperator();
    await(() -> set("default-queue"), there -> there != null);
    cluster.ahead = Duration.ofMinutes(1); // than when the pod has ended
    cluster.statefulSetReady("default-queue");
    await(this::mark, there -> there != null);

    dataIsLost();

    await(this::readyMessage, message -> message.startsWith("Pending: queue keeps dying: exit 3"));
  }

  @Test
  void aQueueOfTheSameNameHasNoDataYet() {
    cluster.createQueue("default");
    cluster.startOperator();
    await(() -> set("default-queue"), there -> there != null);
    cluster.statefulSetReady("default-queue");
    await(this::mark, there -> there != null);
    cluster.statefulSetReady("default-queue", 0);
    await(this::readyMessage, "Starting"::equals);
    cluster.client.resource(cluster.queueCluster("default")).delete();
    await(() -> binding("podpool:queue:" + cluster.namespace + ":default"), gone -> gone == null);

    cluster.createQueue("default"); // while the mark of the one before is still there
    cluster.awaitQueue("default");
    dataIsLost(); // as that is what the mark says

    await(() -> cluster.pod("default-queue-0"), pod -> pod == null);
    assertThat(cluster.events("DataLost")).isEmpty();
    cluster.statefulSetReady("default-queue", 1);
    String uid = cluster.queueCluster("default").getMetadata().getUid();
    await(
        () -> mark().getMetadata().getOwnerReferences(),
        owners -> owners.size() == 1 && owners.getFirst().getUid().equals(uid));
  }

  // ---- three replicas

  private static final String OF_THREE = "{replicas: 3}";

  private String readyMessage() {
    return cluster.queueCluster("default").getStatus().conditions().getFirst().message();
  }

  private Condition spread() {
    return cluster.queueCluster("default").getStatus().conditions().get(1);
  }

  @Test
  void threeReplicasKnowOfOneAnotherAndOfWhomToTrust() {
    cluster.createQueue("default", OF_THREE);
    cluster.startOperator();
    cluster.awaitQueue("default");

    var spec = set("default-queue").getSpec();
    assertThat(spec.getReplicas()).isEqualTo(3);
    assertThat(spec.getPodManagementPolicy()).isEqualTo("Parallel");
    assertThat(spec.getUpdateStrategy().getType()).isEqualTo("RollingUpdate");
    var pod = spec.getTemplate().getSpec();
    var container = pod.getContainers().getFirst();
    assertThat(container.getArgs())
        .containsExactly(
            "/var/lib/podpool/queue",
            "--listen=0.0.0.0:7420",
            "--cluster=default",
            "--monitor=0.0.0.0:7421",
            "--replicas=3",
            "--replica-ca=/etc/podpool/access/ca.crt");
    assertThat(container.getPorts())
        .extracting(port -> port.getName() + " " + port.getContainerPort())
        .containsExactly("grpc 7420", "monitor 7421", "replica 7422");
    assertThat(pod.getVolumes())
        .filteredOn(volume -> volume.getConfigMap() != null)
        .singleElement()
        .satisfies(
            volume ->
                assertThat(volume.getConfigMap().getName()).isEqualTo("default-queue-access"));
    assertThat(container.getVolumeMounts())
        .filteredOn(mount -> mount.getMountPath().equals("/etc/podpool/access"))
        .singleElement()
        .satisfies(mount -> assertThat(mount.getReadOnly()).isTrue());
    var apart = pod.getAffinity().getPodAntiAffinity();
    assertThat(apart.getRequiredDuringSchedulingIgnoredDuringExecution()).isEmpty();
    assertThat(apart.getPreferredDuringSchedulingIgnoredDuringExecution())
        .singleElement()
        .satisfies(
            term -> {
              assertThat(term.getPodAffinityTerm().getTopologyKey())
                  .isEqualTo("kubernetes.io/hostname");
              assertThat(term.getPodAffinityTerm().getLabelSelector().getMatchLabels())
                  .isEqualTo(QueueObjects.selector("default"));
            });
  }

  @Test
  void replicasListenForOneAnotherOnly() {
    cluster.createQueue("default", OF_THREE);
    cluster.startOperator();
    cluster.awaitQueue("default");

    var rules =
        cluster
            .client
            .network()
            .v1()
            .networkPolicies()
            .inNamespace(cluster.namespace)
            .withName("default-queue")
            .get()
            .getSpec()
            .getIngress();
    assertThat(rules)
        .filteredOn(rule -> rule.getPorts().getFirst().getPort().getIntVal() == 7422)
        .singleElement()
        .satisfies(
            rule ->
                assertThat(rule.getFrom())
                    .singleElement()
                    .satisfies(
                        peer -> {
                          assertThat(peer.getNamespaceSelector()).isNull();
                          assertThat(peer.getPodSelector().getMatchLabels())
                              .isEqualTo(QueueObjects.selector("default"));
                        }));
  }

  @Test
  void aQueueOfThreeIsReadyWhileTwoAreAndSaysWhatTroublesTheThird() {
    cluster.createQueue("default", OF_THREE);
    cluster.startOperator();
    await(() -> set("default-queue"), there -> there != null);

    cluster.statefulSetReady("default-queue", 1);
    await(this::readyMessage, "Starting with 1 of 3 replicas"::equals);
    assertThat(cluster.queueCluster("default").getStatus().conditions().getFirst().status())
        .isEqualTo(Truth.False);

    cluster.statefulSetReady("default-queue", 3);
    await(this::readyMessage, "Serving"::equals);

    cluster.createQueuePod("default", 2);
    cluster.unschedulable("default-queue-2", "0/3 nodes are available: 3 Insufficient cpu.");
    assertThat(readyMessage()).as("of a pod that is behind its controller").isEqualTo("Serving");
    cluster.statefulSetReady("default-queue", 2);
    await(
        this::readyMessage,
        "Serving with 2 of 3 replicas: default-queue-2 unschedulable (cpu)"::equals);
    assertThat(cluster.queueCluster("default").getStatus().conditions().getFirst().status())
        .isEqualTo(Truth.True);
    await(() -> cluster.events("Unschedulable"), events -> events.size() == 1);

    cluster.statefulSetReady("default-queue", 1);
    await(
        this::readyMessage,
        "Pending with 1 of 3 replicas: default-queue-2 unschedulable (cpu)"::equals);
  }

  @Test
  void replicasThatShareANodeAreToldOnce() {
    cluster.createQueue("default", OF_THREE);
    cluster.startOperator();
    cluster.awaitQueue("default");
    for (int i = 0; i < 3; i++) {
      cluster.createQueuePod("default", i);
    }
    cluster.bind("default-queue-0", "one");
    cluster.bind("default-queue-1", "two");
    await(this::spread, condition -> condition.status() == Truth.True);

    cluster.bind("default-queue-2", "one");

    await(
        this::spread,
        condition ->
            condition.status() == Truth.False
                && condition
                    .message()
                    .startsWith("default-queue-0 and default-queue-2 share node one: "));
    await(() -> cluster.events("NodeShared"), events -> events.size() == 1);
    // Nor does another operator tell it again, or one that has something else to write.
    cluster.stopOperator();
    cluster.startOperator();
    cluster.statefulSetReady("default-queue", 3);
    await(this::readyMessage, "Serving"::equals);
    assertThat(cluster.events("NodeShared")).hasSize(1);
  }

  @Test
  void aQueueGrowsByItsFirstPodBeginningAnewBeforeOthersJoin() {
    cluster.createQueue("default");
    cluster.startOperator();
    cluster.awaitQueue("default");
    cluster.createQueuePod("default", 0);
    cluster.statefulSetReady("default-queue", 1);
    await(this::readyMessage, "Serving"::equals);

    cluster.patchQueue("default", OF_THREE);

    await(() -> QueueObjects.isOfSeveral(template()), is -> is);
    await(this::readyMessage, "Serving with 1 of 3 replicas"::equals);
    assertThat(set("default-queue").getSpec().getReplicas()).isEqualTo(1);
    // What its controller does with another template.
    cluster.reap("default-queue-0");
    cluster.createQueuePod("default", 0);
    await(() -> set("default-queue").getSpec().getReplicas(), replicas -> replicas == 3);
  }

  private Pod template() {
    return new PodBuilder()
        .withSpec(set("default-queue").getSpec().getTemplate().getSpec())
        .build();
  }

  @Test
  void aQueueOfThreeThatIsScaledByHandIsOfThreeAgain() {
    cluster.createQueue("default", OF_THREE);
    cluster.startOperator();
    cluster.awaitQueue("default");
    cluster.createQueuePod("default", 0);
    cluster.statefulSetReady("default-queue", 3);
    await(this::readyMessage, "Serving"::equals);

    for (int replicas = 0; replicas < 2; replicas++) {
      cluster
          .client
          .apps()
          .statefulSets()
          .inNamespace(cluster.namespace)
          .withName("default-queue")
          .scale(replicas);

      await(() -> set("default-queue").getSpec().getReplicas(), now -> now == 3);
    }
  }
}
