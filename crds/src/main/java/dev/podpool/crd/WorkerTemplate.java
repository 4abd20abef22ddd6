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
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record WorkerTemplate(
    @Size(min = 1, max = 1_024)
        @JsonPropertyDescription(
            "The container image of a worker. 1 to 1024 characters. Unset means Podpool's own,"
                + " which runs code that travels from the client. Only on a cluster.")
        @Nullable String image,
    @Size(max = 128)
        @ValidationRule(
            value = "self.all(one, self.exists_one(other, other.name == one.name))",
            message = "a name is given twice: keep one of each")
        @JsonPropertyDescription(
            "Environment variables of a worker and its child processes, beside those that Podpool"
                + " sets. At most 128. Unset means none.")
        @Nullable List<EnvVar> env,
    @JsonPropertyDescription("What a worker may use. Unset means no limit.") @Default("{}")
        Resources resources,
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
        @Nullable List<Toleration> tolerations) {

  /** Nothing given becomes empty, never null; what is given is copied, maps by key. */
  public WorkerTemplate {
    env = env == null ? List.of() : List.copyOf(env);
    resources = resources == null ? Resources.NONE : resources;
    labels = labels == null ? Map.of() : sorted(labels);
    annotations = annotations == null ? Map.of() : sorted(annotations);
    nodeSelector = nodeSelector == null ? Map.of() : sorted(nodeSelector);
    tolerations = tolerations == null ? List.of() : List.copyOf(tolerations);
  }

  // Map.copyOf has another order in each JVM, and a template's hash must not.
  private static Map<String, String> sorted(Map<String, String> map) {
    return Collections.unmodifiableMap(new TreeMap<>(map));
  }

  static WorkerTemplate defaults() {
    return new WorkerTemplate(null, null, Resources.NONE, null, null, null, null);
  }
}
