package dev.podpool.operator.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.podpool.crd.Affinity;
import dev.podpool.crd.EnvFrom;
import dev.podpool.crd.Initializer;
import dev.podpool.crd.ObjectName;
import dev.podpool.crd.ResourceAmounts;
import dev.podpool.crd.Resources;
import dev.podpool.crd.Spread;
import dev.podpool.crd.Toleration;
import dev.podpool.crd.WorkerPool;
import dev.podpool.crd.WorkerPoolSpec;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.crd.WorkerProcessSpec;
import dev.podpool.crd.WorkerTemplate;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.WorkerStart;
import dev.podpool.rpc.AccessDirectory;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvFromSourceBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What each worker's pod of a pool is made from: all that its template says, and what is ours. A
 * process's pod is the one of a pool that says nothing.
 */
final class PodTemplate {

  /** The worker's container. */
  static final String CONTAINER = "worker";

  /** Holds a WorkerStart in Base64, without what each pod knows of itself. */
  static final String START_VARIABLE = "PODPOOL_START";

  static final String NAME_VARIABLE = "PODPOOL_WORKER";
  static final String UID_VARIABLE = "PODPOOL_UID";

  // Maps are equal in any order; some change theirs with each process.
  private static final JsonMapper CANONICAL =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private static final String ACCESS = "podpool-access";
  private static final String ACCESS_PATH = AccessDirectory.DEFAULT.toString();
  private static final String TEMPORARY = "podpool-tmp";
  private static final String TEMPORARY_PATH = "/tmp";
  // The kubelet replaces it when a fifth of that is left.
  private static final long TOKEN_SECONDS = 3_600;
  // As long as a drain of a node leaves to what runs, unless somebody says otherwise.
  private static final long GRACE_SECONDS = 30;

  private final HasMetadata of;
  private final @Nullable ProcessSpec process;
  private final WorkerPoolSpec spec;
  private final WorkerTemplate template;
  private final PodSpec podSpec;
  private final String hash;

  PodTemplate(WorkerPool pool, String imageOtherwise) {
    this(pool, pool.getSpec(), null, imageOtherwise);
  }

  /**
   * Of a process's one pod.
   *
   * @param started the process, as its queue knows it
   */
  PodTemplate(WorkerProcess process, ProcessSpec started, String image) {
    this(process, poolOf(process.getSpec()), started, image);
  }

  private PodTemplate(
      HasMetadata of, WorkerPoolSpec spec, @Nullable ProcessSpec process, String imageOtherwise) {
    this.of = of;
    this.process = process;
    this.spec = spec;
    this.template = spec.template();
    this.podSpec = podSpec(imageOtherwise);
    this.hash = hash(List.of(podSpec, template.labels(), template.annotations()));
  }

  private static WorkerPoolSpec poolOf(WorkerProcessSpec spec) {
    return new WorkerPoolSpec(
        1, 1, true, null, spec.queue(), null, 0, 1, null, WorkerPoolSpec.defaults().template());
  }

  /** Changes exactly when workers must be replaced to become what the pool says. */
  String hash() {
    return hash;
  }

  /** The pod in place {@code ordinal}, which goes when {@code owner} goes. */
  Pod pod(String name, int ordinal, OwnerReference owner) {
    var labels = new LinkedHashMap<String, String>();
    if (template.labels() != null) {
      labels.putAll(template.labels());
    }
    labels.putAll(labels(of.getMetadata().getName()));
    labels.put(Names.ORDINAL, Integer.toString(ordinal));
    return pod(name, labels, owner);
  }

  /** The pod of a process, which goes with it. */
  Pod pod() {
    String name = of.getMetadata().getName();
    return pod(name, Names.labels(Names.PROCESS, name, "process"), Owners.reference(of));
  }

  private Pod pod(String name, Map<String, String> labels, OwnerReference owner) {
    var annotations = new LinkedHashMap<String, String>();
    if (template.annotations() != null) {
      annotations.putAll(template.annotations());
    }
    annotations.put(Names.TEMPLATE, hash);
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(of.getMetadata().getNamespace())
        .withLabels(labels)
        .withAnnotations(annotations)
        .withOwnerReferences(owner)
        .endMetadata()
        .withSpec(podSpec)
        .build();
  }

  /** Labels of whatever is part of that pool. */
  static Map<String, String> labels(String pool) {
    return Names.labels(Names.POOL, pool, "worker");
  }

  /** Selects a pool's workers. */
  static String selector(String pool) {
    return Names.POOL + "=" + pool + ",app.kubernetes.io/component=worker";
  }

  // ---- the pod

  private PodSpec podSpec(String imageOtherwise) {
    var security = template.securityContext();
    return new PodSpecBuilder()
        .withRestartPolicy("Never")
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(GRACE_SECONDS)
        .withServiceAccountName(
            template.serviceAccountName() == null
                ? QueueNames.worker(spec.queueOrDefault())
                : template.serviceAccountName())
        .withPriorityClassName(template.priorityClassName())
        .withRuntimeClassName(template.runtimeClassName())
        .withImagePullSecrets(pullSecrets(template.imagePullSecrets()))
        .withNodeSelector(template.nodeSelector())
        .withTolerations(
            given(template.tolerations()).stream().map(PodTemplate::toleration).toList())
        .withAffinity(affinity(template.affinity()))
        .withTopologySpreadConstraints(
            given(template.topologySpreadConstraints()).stream().map(this::spread).toList())
        .withSecurityContext(
            new PodSecurityContextBuilder()
                .withRunAsNonRoot(true)
                .withRunAsUser(security.runAsUser())
                .withRunAsGroup(security.runAsGroup())
                .withFsGroup(security.fsGroup())
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .build())
        .withContainers(container(imageOtherwise))
        .withVolumes(volumes())
        .build();
  }

  private Container container(String imageOtherwise) {
    return new ContainerBuilder()
        .withName(CONTAINER)
        .withImage(template.image() == null ? imageOtherwise : template.image())
        .withEnv(environment())
        .withEnvFrom(given(template.envFrom()).stream().map(PodTemplate::envFrom).toList())
        .withResources(resources(template.resources()))
        .withVolumeMounts(mounts())
        .withNewSecurityContext()
        .withAllowPrivilegeEscalation(false)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .withReadOnlyRootFilesystem(template.securityContext().readOnlyRootFilesystem())
        .endSecurityContext()
        .build();
  }

  private List<EnvVar> environment() {
    var variables = new ArrayList<EnvVar>();
    variables.add(ofItself(NAME_VARIABLE, "metadata.name"));
    variables.add(ofItself(UID_VARIABLE, "metadata.uid"));
    variables.add(
        new EnvVar(
            START_VARIABLE, Base64.getEncoder().encodeToString(start().toByteArray()), null));
    for (dev.podpool.crd.EnvVar given : given(template.env())) {
      // A pool's values are taken as they are; a pod's refer to others by $(NAME).
      variables.add(new EnvVar(given.name(), given.value().replace("$", "$$"), null));
    }
    return variables;
  }

  private static EnvVar ofItself(String variable, String field) {
    return new EnvVarBuilder()
        .withName(variable)
        .withNewValueFrom()
        .withNewFieldRef()
        .withFieldPath(field)
        .endFieldRef()
        .endValueFrom()
        .build();
  }

  private WorkerStart start() {
    WorkerStart.Builder start =
        WorkerStart.newBuilder()
            .setPool(of.getMetadata().getName())
            .setSlots(spec.slots())
            .setMaxTasksPerWorker(spec.maxTasksPerWorker())
            .setAccessDirectory(ACCESS_PATH);
    ResourceAmounts limits = template.resources().limits();
    if (limits != null) {
      start.setMemoryLimitBytes(limits.memoryBytes().orElse(0) / spec.slots());
    }
    if (process != null) {
      start.setProcess(process);
    }
    Initializer initializer = spec.initializer();
    if (initializer != null && initializer.function() != null) {
      start.setInitializerFunction(initializer.function());
      if (initializer.arguments() != null) {
        start.addAllInitializerArguments(initializer.arguments());
      }
    }
    return start.build();
  }

  private static EnvFromSource envFrom(EnvFrom from) {
    var source = new EnvFromSourceBuilder().withPrefix(from.prefix());
    ObjectName configMap = from.configMapRef();
    ObjectName secret = from.secretRef();
    if (configMap != null) {
      source.withNewConfigMapRef(configMap.name(), false);
    }
    if (secret != null) {
      source.withNewSecretRef(secret.name(), false);
    }
    return source.build();
  }

  // ---- what it may use

  /** As a container's own. */
  static ResourceRequirements resources(Resources resources) {
    return new ResourceRequirementsBuilder()
        .withLimits(amounts(resources.limits()))
        .withRequests(amounts(resources.requests()))
        .build();
  }

  private static Map<String, Quantity> amounts(@Nullable ResourceAmounts amounts) {
    var all = new LinkedHashMap<String, Quantity>();
    if (amounts != null && amounts.memory() != null) {
      all.put("memory", amounts.memory());
    }
    if (amounts != null && amounts.cpu() != null) {
      all.put("cpu", amounts.cpu());
    }
    return all;
  }

  private List<Volume> volumes() {
    var volumes = new ArrayList<Volume>();
    volumes.add(access());
    if (needsTemporary()) {
      volumes.add(new VolumeBuilder().withName(TEMPORARY).withNewEmptyDir().endEmptyDir().build());
    }
    given(template.volumes()).stream().map(PodTemplate::volume).forEach(volumes::add);
    return volumes;
  }

  /** All that a worker needs to reach its queue, and to be known there; each may change. */
  private Volume access() {
    return new VolumeBuilder()
        .withName(ACCESS)
        .withNewProjected()
        .addNewSource()
        .withNewServiceAccountToken()
        .withPath(AccessDirectory.TOKEN)
        .withAudience(AccessDirectory.AUDIENCE)
        .withExpirationSeconds(TOKEN_SECONDS)
        .endServiceAccountToken()
        .endSource()
        .addNewSource()
        .withNewConfigMap()
        .withName(QueueNames.access(spec.queueOrDefault()))
        .addNewItem()
        .withKey(AccessDirectory.AUTHORITIES)
        .withPath(AccessDirectory.AUTHORITIES)
        .endItem()
        .addNewItem()
        .withKey(AccessDirectory.ENDPOINT)
        .withPath(AccessDirectory.ENDPOINT)
        .endItem()
        .endConfigMap()
        .endSource()
        .endProjected()
        .build();
  }

  private static Volume volume(dev.podpool.crd.Volume given) {
    var volume = new VolumeBuilder().withName(given.name());
    var empty = given.emptyDir();
    ObjectName configMap = given.configMap();
    var secret = given.secret();
    var claim = given.persistentVolumeClaim();
    if (empty != null) {
      volume
          .withNewEmptyDir()
          .withMedium(empty.medium() == null ? null : empty.medium().name())
          .withSizeLimit(empty.sizeLimit())
          .endEmptyDir();
    } else if (configMap != null) {
      volume.withNewConfigMap().withName(configMap.name()).endConfigMap();
    } else if (secret != null) {
      volume.withNewSecret().withSecretName(secret.secretName()).endSecret();
    } else if (claim != null) {
      volume.withNewPersistentVolumeClaim(claim.claimName(), claim.readOnly());
    }
    return volume.build();
  }

  private List<VolumeMount> mounts() {
    var mounts = new ArrayList<VolumeMount>();
    mounts.add(mount(ACCESS, ACCESS_PATH, true).build());
    if (needsTemporary()) {
      mounts.add(mount(TEMPORARY, TEMPORARY_PATH, false).build());
    }
    for (dev.podpool.crd.VolumeMount given : given(template.volumeMounts())) {
      mounts.add(
          mount(given.name(), given.mountPath(), given.readOnly())
              .withSubPath(given.subPath())
              .build());
    }
    return mounts;
  }

  private static VolumeMountBuilder mount(String name, String path, boolean readOnly) {
    return new VolumeMountBuilder().withName(name).withMountPath(path).withReadOnly(readOnly);
  }

  private boolean needsTemporary() {
    return given(template.volumeMounts()).stream()
        .noneMatch(mount -> mount.mountPath().replaceAll("/+$", "").equals(TEMPORARY_PATH));
  }

  /** As a pod's own. */
  static List<LocalObjectReference> pullSecrets(@Nullable List<ObjectName> given) {
    return given(given).stream().map(secret -> new LocalObjectReference(secret.name())).toList();
  }

  // ---- where it runs

  /** As a pod's own. */
  static io.fabric8.kubernetes.api.model.Toleration toleration(Toleration given) {
    return new io.fabric8.kubernetes.api.model.TolerationBuilder()
        .withKey(given.key())
        .withOperator(given.operator().name())
        .withValue(given.value())
        .withEffect(given.effect() == null ? null : given.effect().name())
        .build();
  }

  private TopologySpreadConstraint spread(Spread given) {
    return new TopologySpreadConstraintBuilder()
        .withTopologyKey(given.topologyKey())
        .withMaxSkew(given.maxSkew())
        .withWhenUnsatisfiable(given.whenUnsatisfiable().name())
        .withNewLabelSelector()
        .addToMatchLabels(Names.POOL, of.getMetadata().getName())
        .endLabelSelector()
        .build();
  }

  private static io.fabric8.kubernetes.api.model.@Nullable Affinity affinity(
      @Nullable Affinity given) {
    Affinity.NodeAffinity nodes = given == null ? null : given.nodeAffinity();
    if (nodes == null) {
      return null;
    }
    var affinity = new AffinityBuilder().withNewNodeAffinity();
    var required = nodes.requiredDuringSchedulingIgnoredDuringExecution();
    if (required != null) {
      affinity
          .withNewRequiredDuringSchedulingIgnoredDuringExecution()
          .withNodeSelectorTerms(
              required.nodeSelectorTerms().stream().map(PodTemplate::term).toList())
          .endRequiredDuringSchedulingIgnoredDuringExecution();
    }
    var preferred = nodes.preferredDuringSchedulingIgnoredDuringExecution();
    if (preferred != null) {
      for (Affinity.Preference preference : preferred) {
        affinity
            .addNewPreferredDuringSchedulingIgnoredDuringExecution()
            .withWeight(preference.weight())
            .withPreference(term(preference.preference()))
            .endPreferredDuringSchedulingIgnoredDuringExecution();
      }
    }
    return affinity.endNodeAffinity().build();
  }

  private static NodeSelectorTerm term(Affinity.Term given) {
    var term = new NodeSelectorTermBuilder();
    for (Affinity.Expression expression : given.matchExpressions()) {
      term.addNewMatchExpression()
          .withKey(expression.key())
          .withOperator(expression.operator().name())
          .withValues(expression.values() == null ? List.of() : expression.values())
          .endMatchExpression();
    }
    return term.build();
  }

  /** What a manifest left out is nothing. */
  static <T> List<T> given(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }

  /** The same for what is written the same, and else another: 16 hexadecimal digits. */
  static String hash(Object what) {
    String text;
    try {
      text =
          CANONICAL.writeValueAsString(
              CANONICAL.readValue(Serialization.asJson(what), Object.class));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no JSON can be made of it: " + e.getMessage(), e);
    }
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
