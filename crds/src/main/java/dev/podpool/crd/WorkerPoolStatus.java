package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a pool was when last observed: counts and conditions only. Written by the operator, never by
 * hand.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkerPoolStatus(
    @StatusReplicas
        @JsonPropertyDescription("Number of workers that were started and have not ended.")
        int workers,
    @JsonPropertyDescription("Number of workers that can take tasks.") int readyWorkers,
    @LabelSelector
        @JsonPropertyDescription(
            "Selects the workers' pods, for kubectl scale and autoscalers. Unset off a cluster.")
        @Nullable String selector,
    @JsonPropertyDescription(
            "Number of tasks accepted and not ended, at queueIndex. Unset while never read.")
        @Nullable Long unfinished,
    @JsonPropertyDescription(
            "Number of tasks in the dead list, at queueIndex. Unset while never read.")
        @Nullable Long dead,
    @JsonPropertyDescription(
            "Index of the queue's log at which the counts of tasks were true. Unset while never"
                + " read.")
        @Nullable Long queueIndex,
    @JsonPropertyDescription("metadata.generation of the spec that this status answers.")
        long observedGeneration,
    @JsonPropertyDescription(
            "Ready, Progressing, Draining, QueueReachable and Joined, one of each. The message of"
                + " Ready is what kubectl get shows under STATUS.")
        List<Condition> conditions) {

  public WorkerPoolStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }
}
