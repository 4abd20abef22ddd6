package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.QueueClusterSpec;
import dev.podpool.program.LostData;
import dev.podpool.rpc.AccessDirectory;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a QueueCluster is made of. All of it goes with the QueueCluster, but for its volumes. */
final class QueueObjects {

  /** The queue's container. */
  static final String CONTAINER = "queue";

  private static final String DATA = "data";
  private static final String DATA_PATH = "/var/lib/podpool";
  private static final String TEMPORARY = "tmp";
  private static final String ACCESS = "access";
  private static final String ACCESS_PATH = "/etc/podpool/access";
  private static final String REPLICAS = "--replicas=";
  private static final int WEIGHT_MOST = 100;
  // Of the queue's image; the volume is made its.
  private static final long GROUP = 65_532;
  private static final long GRACE_SECONDS = 30;
  private static final int PROBE_SECONDS_MAX = 6; // longer than the monitor itself waits

  private final QueueCluster queue;
  private final QueueClusterSpec spec;
  private final ClusterSettings settings;
  private final String name;

  QueueObjects(QueueCluster queue, ClusterSettings settings) {
    this.queue = queue;
    this.spec = queue.getSpec();
    this.settings = settings;
    this.name = QueueNames.object(queue.getMetadata().getName());
  }

  /** All that runs it, in the order to make it in. */
  List<HasMetadata> all() {
    return List.of(service(), disruptionBudget(), networkPolicy(), statefulSet());
  }

  /** Labels of whatever is part of that queue. */
  static Map<String, String> labels(String queue) {
    return Names.labels(Names.QUEUE, queue, "queue");
  }

  private Map<String, String> labels() {
    return labels(queue.getMetadata().getName());
  }

  /** Labels of a queue's pods. */
  static Map<String, String> selector(String queue) {
    return Map.of(Names.QUEUE, queue, "app.kubernetes.io/component", "queue");
  }

  private Map<String, String> selector() {
    return selector(queue.getMetadata().getName());
  }

  /** Of what goes with {@code queue}. */
  static ObjectMeta metadata(QueueCluster queue, String ofName) {
    return new ObjectMetaBuilder()
        .withName(ofName)
        .withNamespace(queue.getMetadata().getNamespace())
        .withLabels(labels(queue.getMetadata().getName()))
        .withOwnerReferences(Owners.reference(queue))
        .build();
  }

  private HasMetadata service() {
    return new ServiceBuilder()
        .withMetadata(metadata(queue, name))
        .withNewSpec()
        .withClusterIP("None")
        // A queue that restarts keeps its name: callers are refused for a moment, and not told for
        // as long as name servers remember it that there is none.
        .withPublishNotReadyAddresses(true)
        .withSelector(selector())
        .addNewPort()
        .withName("grpc")
        .withPort(QueueNames.PORT)
        .withTargetPort(new IntOrString("grpc"))
        .endPort()
        .addNewPort()
        .withName("monitor")
        .withPort(QueueNames.MONITOR_PORT)
        .withTargetPort(new IntOrString("monitor"))
        .endPort()
        .endSpec()
        .build();
  }

  /** One replica must be able to move, or no node could ever be drained. */
  private HasMetadata disruptionBudget() {
    return new PodDisruptionBudgetBuilder()
        .withMetadata(metadata(queue, name))
        .withNewSpec()
        .withMaxUnavailable(new IntOrString(1))
        .withNewSelector()
        .withMatchLabels(selector())
        .endSelector()
        .endSpec()
        .build();
  }

  /**
   * Workers and clients of its own namespace, and the operator; to where replicas listen for one
   * another, they alone. Probes come from the node.
   */
  private HasMetadata networkPolicy() {
    List<NetworkPolicyPeer> callers = new ArrayList<>();
    callers.add(new NetworkPolicyPeerBuilder().withNewPodSelector().endPodSelector().build());
    callers.add(ofNamespace("kubernetes.io/metadata.name", settings.operatorNamespace()));
    List<NetworkPolicyPeer> scrapers = new ArrayList<>(callers);
    scrapers.add(ofNamespace(Names.SCRAPES, "true"));
    List<NetworkPolicyIngressRule> rules = new ArrayList<>();
    rules.add(ingress(QueueNames.PORT, callers));
    rules.add(ingress(QueueNames.MONITOR_PORT, scrapers));
    if (isOfSeveral()) {
      rules.add(
          ingress(
              QueueNames.REPLICA_PORT,
              List.of(
                  new NetworkPolicyPeerBuilder()
                      .withNewPodSelector()
                      .withMatchLabels(selector())
                      .endPodSelector()
                      .build())));
    }
    return new NetworkPolicyBuilder()
        .withMetadata(metadata(queue, name))
        .withNewSpec()
        .withNewPodSelector()
        .withMatchLabels(selector())
        .endPodSelector()
        .withPolicyTypes("Ingress")
        .withIngress(rules)
        .endSpec()
        .build();
  }

  private static NetworkPolicyIngressRule ingress(int port, List<NetworkPolicyPeer> callers) {
    return new NetworkPolicyIngressRuleBuilder()
        .withFrom(callers)
        .addNewPort()
        .withProtocol("TCP")
        .withPort(new IntOrString(port))
        .endPort()
        .build();
  }

  private static NetworkPolicyPeer ofNamespace(String label, String value) {
    return new NetworkPolicyPeerBuilder()
        .withNewNamespaceSelector()
        .addToMatchLabels(label, value)
        .endNamespaceSelector()
        .build();
  }

  private HasMetadata statefulSet() {
    return new StatefulSetBuilder()
        .withMetadata(metadata(queue, name))
        .withNewSpec()
        .withReplicas(spec.replicas())
        .withServiceName(name)
        // None of three is ready before another is there. Updates go one at a time all the same.
        .withPodManagementPolicy("Parallel")
        .withNewSelector()
        .withMatchLabels(selector())
        .endSelector()
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(labels())
        .endMetadata()
        .withSpec(podSpec())
        .endTemplate()
        .withVolumeClaimTemplates(claim())
        .endSpec()
        .build();
  }

  /** Kept when the QueueCluster goes: a StatefulSet's claims are nobody's to delete. */
  private PersistentVolumeClaim claim() {
    return new PersistentVolumeClaimBuilder()
        .withNewMetadata()
        .withName(DATA)
        .withLabels(labels())
        .endMetadata()
        .withNewSpec()
        .withAccessModes("ReadWriteOnce")
        .withStorageClassName(spec.storage().storageClassName())
        .withNewResources()
        .addToRequests("storage", spec.storage().size())
        .endResources()
        .endSpec()
        .build();
  }

  private boolean isOfSeveral() {
    return spec.replicas() > 1;
  }

  /** Whether {@code pod} was made as one of several. */
  static boolean isOfSeveral(Pod pod) {
    return pod.getSpec().getContainers().stream()
        .flatMap(container -> container.getArgs().stream())
        .anyMatch(argument -> argument.startsWith(REPLICAS));
  }

  /** Whether {@code pod} has ended later than {@code after} as its queue's data is lost. */
  static boolean hasFoundNoData(Pod pod, Instant after) {
    return PodTrouble.hasEndedWith(pod, CONTAINER, LostData.WORDS, after);
  }

  private PodSpec podSpec() {
    PodSpecBuilder pod = ofAny();
    return isOfSeveral() ? ofSeveral(pod).build() : pod.build();
  }

  /** With what only replicas of several need. */
  private PodSpecBuilder ofSeveral(PodSpecBuilder pod) {
    return pod.withAffinity(apart())
        .addNewVolume()
        .withName(ACCESS)
        .withNewConfigMap()
        .withName(QueueNames.access(queue.getMetadata().getName()))
        .endConfigMap()
        .endVolume()
        .editFirstContainer()
        .addToArgs(
            REPLICAS + spec.replicas(),
            "--replica-ca=" + ACCESS_PATH + "/" + AccessDirectory.AUTHORITIES)
        .addNewPort()
        .withName("replica")
        .withContainerPort(QueueNames.REPLICA_PORT)
        .endPort()
        .addNewVolumeMount()
        .withName(ACCESS)
        .withMountPath(ACCESS_PATH)
        .withReadOnly(true)
        .endVolumeMount()
        .endContainer();
  }

  /**
   * Each replica on a node of its own, where there are as many. Not required: a cluster of one or
   * two nodes is to run three all the same, and a pod that moves from a drained node is better
   * there than nowhere. Where two share a node the queue's condition Spread says so.
   */
  private Affinity apart() {
    return new AffinityBuilder()
        .withNewPodAntiAffinity()
        .addNewPreferredDuringSchedulingIgnoredDuringExecution()
        .withWeight(WEIGHT_MOST)
        .withNewPodAffinityTerm()
        .withTopologyKey("kubernetes.io/hostname")
        .withNewLabelSelector()
        .withMatchLabels(selector())
        .endLabelSelector()
        .endPodAffinityTerm()
        .endPreferredDuringSchedulingIgnoredDuringExecution()
        .endPodAntiAffinity()
        .build();
  }

  private PodSpecBuilder ofAny() {
    return new PodSpecBuilder()
        // With it, it asks the API server who calls, and for its certificate.
        .withServiceAccountName(name)
        .withAutomountServiceAccountToken(true)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(GRACE_SECONDS)
        .withImagePullSecrets(PodTemplate.pullSecrets(spec.imagePullSecrets()))
        .withNodeSelector(spec.nodeSelector())
        .withTolerations(
            PodTemplate.given(spec.tolerations()).stream().map(PodTemplate::toleration).toList())
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withFsGroup(GROUP)
        .withFsGroupChangePolicy("OnRootMismatch")
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withContainers(container())
        .addNewVolume()
        .withName(TEMPORARY)
        .withNewEmptyDir()
        .endEmptyDir()
        .endVolume();
  }

  private Container container() {
    return new ContainerBuilder()
        .withName(CONTAINER)
        .withImage(settings.queueImage())
        .withArgs(
            DATA_PATH + "/queue",
            "--listen=0.0.0.0:" + QueueNames.PORT,
            "--cluster=" + queue.getMetadata().getName(),
            "--monitor=0.0.0.0:" + QueueNames.MONITOR_PORT)
        // Its certificate is for it, too.
        .addNewEnv()
        .withName("POD_NAME")
        .withNewValueFrom()
        .withNewFieldRef()
        .withApiVersion("v1") // the default, which the API server fills in here as if it were ours
        .withFieldPath("metadata.name")
        .endFieldRef()
        .endValueFrom()
        .endEnv()
        // Read at each start of the container; that it appears restarts nothing.
        .addNewEnv()
        .withName(LostData.SINCE)
        .withNewValueFrom()
        .withNewConfigMapKeyRef()
        .withName(QueueNames.data(queue.getMetadata().getName()))
        .withKey(DataMark.SINCE)
        .withOptional(true)
        .endConfigMapKeyRef()
        .endValueFrom()
        .endEnv()
        // Why it can't start is told in the queue's status.
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .addNewPort()
        .withName("grpc")
        .withContainerPort(QueueNames.PORT)
        .endPort()
        .addNewPort()
        .withName("monitor")
        .withContainerPort(QueueNames.MONITOR_PORT)
        .endPort()
        .withResources(PodTemplate.resources(spec.resources()))
        // A log of gigabytes is read before it serves: ten minutes.
        .withStartupProbe(probe("/livez", 5, 120))
        // Each appends an entry, and waits until it is on the disk.
        .withReadinessProbe(probe("/healthz", 10, 2))
        .withLivenessProbe(probe("/livez", 20, 6))
        .addNewVolumeMount()
        .withName(DATA)
        .withMountPath(DATA_PATH)
        .endVolumeMount()
        .addNewVolumeMount()
        .withName(TEMPORARY)
        .withMountPath("/tmp")
        .endVolumeMount()
        .withNewSecurityContext()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .endSecurityContext()
        .build();
  }

  private static Probe probe(String path, int periodSeconds, int failuresMax) {
    return new ProbeBuilder()
        .withNewHttpGet()
        .withPath(path)
        .withPort(new IntOrString("monitor"))
        .endHttpGet()
        .withPeriodSeconds(periodSeconds)
        .withTimeoutSeconds(PROBE_SECONDS_MAX)
        .withFailureThreshold(failuresMax)
        .build();
  }
}
