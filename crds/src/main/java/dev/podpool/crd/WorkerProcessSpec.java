package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * What a process is, as whoever started it said.
 *
 * <p>Each component's description is the one that {@code kubectl explain wproc.spec} prints.
 */
@ValidationRule(
    value = "self == oldSelf",
    message = "a process is what it was started as: start another, and delete this one to end it")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkerProcessSpec(
    @Required
        @Size(min = 1, max = 63)
        @JsonPropertyDescription(
            "Name of the process, for people, such as Process-1. 1 to 63 characters. Required.")
        String processName,
    @Default("false")
        @JsonPropertyDescription(
            "Whether the process ends with the connection of who started it, whatever it does."
                + " Default false: it goes on.")
        boolean daemon,
    @Size(max = 253)
        @JsonPropertyDescription(
            "Name of the WorkerProcess that started it, or of the pool's worker whose function did."
                + " At most 253 characters. Unset where something else did, such as a program"
                + " outside of the cluster.")
        @Nullable String parent,
    @Required
        @Size(min = 1, max = 50)
        @JsonPropertyDescription(
            "Name of the QueueCluster, in the same namespace, that knows the process. 1 to 50"
                + " characters. Required.")
        String queue) {

  /** Of one that was not read yet. */
  static final WorkerProcessSpec NONE =
      new WorkerProcessSpec("process", false, null, WorkerPoolSpec.QUEUE_DEFAULT);
}
