package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.QueueClusterSpec;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a QueueCluster is made of. All of it goes with the QueueCluster, but for its volume. */
final class QueueObjects {

  /** The queue's container. */
  static final String CONTAINER = "queue";

  private static final String DATA = "data";
  private static final String DATA_PATH = "/var/lib/podpool";
  private static final String TEMPORARY = "tmp";
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

  /** Workers and clients of its own namespace, and the operator. Probes come from the node. */
  private HasMetadata networkPolicy() {
    List<NetworkPolicyPeer> callers = new ArrayList<>();
    callers.add(new NetworkPolicyPeerBuilder().withNewPodSelector().endPodSelector().build());
    callers.add(ofNamespace("kubernetes.io/metadata.name", settings.operatorNamespace()));
    List<NetworkPolicyPeer> scrapers = new ArrayList<>(callers);
    scrapers.add(ofNamespace(Names.SCRAPES, "true"));
    return new NetworkPolicyBuilder()
        .withMetadata(metadata(queue, name))
        .withNewSpec()
        .withNewPodSelector()
        .withMatchLabels(selector())
        .endPodSelector()
        .withPolicyTypes("Ingress")
        .addNewIngress()
        .withFrom(callers)
        .addNewPort()
        .withProtocol("TCP")
        .withPort(new IntOrString(QueueNames.PORT))
        .endPort()
        .endIngress()
        .addNewIngress()
        .withFrom(scrapers)
        .addNewPort()
        .withProtocol("TCP")
        .withPort(new IntOrString(QueueNames.MONITOR_PORT))
        .endPort()
        .endIngress()
        .endSpec()
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

  private PodSpec podSpec() {
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
        .endVolume()
        .build();
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
