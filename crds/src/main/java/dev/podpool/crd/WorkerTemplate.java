package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What each worker is made from: plain data only, a chosen subset of a pod's template. */
@ValidationRule(
    value =
        "!has(self.volumeMounts) || self.volumeMounts.all(mount, has(self.volumes) &&"
            + " self.volumes.exists_one(volume, volume.name == mount.name))",
    fieldPath = ".volumeMounts",
    message = "a mount's name is that of none of the volumes: give volumes one of that name")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record WorkerTemplate(
    @Size(min = 1, max = 1_024)
        @JsonPropertyDescription(
            "The container image of a worker. 1 to 1024 characters. Unset means Podpool's own,"
                + " which runs code that travels from the client. Only on a cluster.")
        @Nullable String image,
    @Size(max = 16)
        @JsonPropertyDescription(
            "Secrets with which the image is fetched. At most 16. Unset means none. Only on a"
                + " cluster.")
        @Nullable List<ObjectName> imagePullSecrets,
    @Size(max = 128)
        @ValidationRule(
            value = "self.all(one, self.exists_one(other, other.name == one.name))",
            message = "a name is given twice: keep one of each")
        @JsonPropertyDescription(
            "Environment variables of a worker and its child processes, beside those that Podpool"
                + " sets. At most 128. Unset means none.")
        @Nullable List<EnvVar> env,
    @Size(max = 16)
        @JsonPropertyDescription(
            "Environment variables from ConfigMaps and Secrets: the place for a secret. Where a name"
                + " is given twice, env wins, then the last of these. At most 16. Unset means none."
                + " Only on a cluster.")
        @Nullable List<EnvFrom> envFrom,
    @JsonPropertyDescription("What a worker may use. Unset means no limit.") @Default("{}")
        Resources resources,
    @Size(max = 32)
        @ValidationRule(
            value = "self.all(one, self.exists_one(other, other.name == one.name))",
            message = "a name is given twice: keep one of each")
        @JsonPropertyDescription(
            "Files that a worker can mount. At most 32. Unset means none. Only on a cluster.")
        @Nullable List<Volume> volumes,
    @Size(max = 32)
        @ValidationRule(
            value = "self.all(one, self.exists_one(other, other.mountPath == one.mountPath))",
            message = "a mountPath is given twice: keep one of each")
        @JsonPropertyDescription(
            "Where volumes are seen in a worker. At most 32. Unset means none. Only on a cluster.")
        @Nullable List<VolumeMount> volumeMounts,
    @JsonPropertyDescription(
            "Labels of a worker's pod, beside those of Podpool. Unset means none. Only on a"
                + " cluster.")
        @Nullable Map<String, String> labels,
    @JsonPropertyDescription("Annotations of a worker's pod. Unset means none. Only on a cluster.")
        @Nullable Map<String, String> annotations,
    @JsonPropertyDescription(
            "Labels that a node must have to run a worker. Unset means any node. Only on a"
                + " cluster.")
        @Nullable Map<String, String> nodeSelector,
    @Size(max = 64)
        @JsonPropertyDescription(
            "Taints of nodes that do not keep a worker away. At most 64. Unset means none. Only on"
                + " a cluster.")
        @Nullable List<Toleration> tolerations,
    @JsonPropertyDescription("Which nodes workers want. Unset means any. Only on a cluster.")
        @Nullable Affinity affinity,
    @Size(max = 8)
        @JsonPropertyDescription(
            "How evenly workers are spread over nodes, zones and the like. At most 8. Unset means as"
                + " the scheduler does by default. Only on a cluster.")
        @Nullable List<Spread> topologySpreadConstraints,
    @Size(min = 1, max = 253)
        @JsonPropertyDescription(
            "Name of the PriorityClass of a worker's pod. 1 to 253 characters. Unset means the"
                + " cluster's default. Only on a cluster.")
        @Nullable String priorityClassName,
    @Size(min = 1, max = 253)
        @JsonPropertyDescription(
            "Name of the RuntimeClass of a worker's pod. 1 to 253 characters. Unset means the"
                + " cluster's default. Only on a cluster.")
        @Nullable String runtimeClassName,
    @Size(min = 1, max = 253)
        @JsonPropertyDescription(
            "Name of the ServiceAccount of a worker's pod: one that carries the label"
                + " podpool.dev/workers: 'true', so that a pool can't take the rights of any other."
                + " 1 to 253 characters. Unset means the namespace's default. Only on a cluster.")
        @Nullable String serviceAccountName,
    @Default("{}")
        @JsonPropertyDescription(
            "Who a worker is to its node. Every field may be left out. Only on a cluster.")
        SecurityContext securityContext) {

  /** Nothing given becomes empty, never null; what is given is copied, maps by key. */
  public WorkerTemplate {
    imagePullSecrets = copied(imagePullSecrets);
    env = copied(env);
    envFrom = copied(envFrom);
    resources = resources == null ? Resources.NONE : resources;
    volumes = copied(volumes);
    volumeMounts = copied(volumeMounts);
    labels = labels == null ? Map.of() : sorted(labels);
    annotations = annotations == null ? Map.of() : sorted(annotations);
    nodeSelector = nodeSelector == null ? Map.of() : sorted(nodeSelector);
    tolerations = copied(tolerations);
    topologySpreadConstraints = copied(topologySpreadConstraints);
    securityContext = securityContext == null ? SecurityContext.DEFAULT : securityContext;
  }

  private static <T> List<T> copied(@Nullable List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  // Map.copyOf has another order in each JVM, and a template's hash must not.
  private static Map<String, String> sorted(Map<String, String> map) {
    return Collections.unmodifiableMap(new TreeMap<>(map));
  }

  static WorkerTemplate defaults() {
    return new WorkerTemplate(
        null,
        null,
        null,
        null,
        Resources.NONE,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        SecurityContext.DEFAULT);
  }
}
