package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a process, as last observed. Written by the operator, never by hand. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkerProcessStatus(
    @JsonPropertyDescription(
            "Pending: its pod does not run yet. Running: it does. Succeeded: it has ended with exit"
                + " code 0. Failed: it has ended in another way.")
        Phase phase,
    @JsonPropertyDescription("Number of the process in its pod. Unset while it has not come up.")
        @Nullable Long pid,
    @JsonPropertyDescription(
            "0 where its function returned, 1 where it threw, n of System.exit(n), -N where signal N"
                + " ended it. Unset while it has not ended.")
        @Nullable Integer exitCode,
    @JsonPropertyDescription(
            "What keeps it from running, or why it failed, as one CamelCase word, such as"
                + " Unschedulable, ImagePullBackOff, OOMKilled or SIGTERM. Unset where nothing is"
                + " wrong.")
        @Nullable String reason,
    @JsonPropertyDescription("The same in words for people. Unset where nothing is wrong.")
        @Nullable String message,
    @JsonPropertyDescription("When it was first seen to run, as RFC 3339. Unset while it was not.")
        @Nullable String startedAt,
    @JsonPropertyDescription(
            "When it was first seen to have ended, as RFC 3339. Unset while it has not.")
        @Nullable String finishedAt,
    @JsonPropertyDescription("metadata.generation of the spec that this status answers.")
        long observedGeneration,
    @JsonPropertyDescription(
            "Started: whether its pod was made, which happens once. Exited: whether it has ended.")
        List<Condition> conditions) {

  public WorkerProcessStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }

  /** Where a process is in its life. */
  public enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed
  }
}
