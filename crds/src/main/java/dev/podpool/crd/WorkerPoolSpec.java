package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a pool should be.
 *
 * <p>Each component's description is the one that {@code kubectl explain wp.spec} prints. Null is
 * what a manifest left out and has no schema default.
 */
@ValidationRule(
    value = "!self.daemon || !has(self.drainDeadline)",
    fieldPath = ".drainDeadline",
    message =
        "a daemon pool is deleted without waiting, so it has no drainDeadline: set daemon: false,"
            + " or leave drainDeadline out")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkerPoolSpec(
    @SpecReplicas
        @Default("1")
        @Min(0)
        @Max(10_000)
        @JsonPropertyDescription(
            "Number of workers, each a pod or a process. 0 to 10000, default 1. 0 stops all"
                + " workers and keeps the backlog. kubectl scale changes it.")
        int workers,
    @Default("1")
        @Min(1)
        @Max(1_024)
        @JsonPropertyDescription(
            "Number of tasks one worker runs at once, each in a child process of its own. 1 to"
                + " 1024, default 1.")
        int slots,
    @Default("true")
        @JsonPropertyDescription(
            "Who decides when the workers end. true, the default: they go when the pool is"
                + " deleted, whatever they do. false: deleting the pool joins it first, that is,"
                + " waits until its work is done or drainDeadline has passed.")
        boolean daemon,
    @Size(max = WorkerPoolSpec.DURATION_CHARACTERS_MAX)
        @ValidationRule(value = WorkerPoolSpec.DURATION, message = WorkerPoolSpec.DURATION_MESSAGE)
        @JsonPropertyDescription(
            "How long deleting a pool with daemon: false, or taking a busy worker from it, waits"
                + " for running work. A duration in h, m, s and ms, such as 10m or 1h30m, above 0."
                + " Unset means 10m. Not allowed with daemon: true.")
        @Nullable String drainDeadline,
    @Size(min = 1, max = 50)
        @JsonPropertyDescription(
            "Name of the QueueCluster, in the pool's namespace, that keeps its tasks. 1 to 50"
                + " characters. Unset means the one named default. Only on a cluster.")
        @Nullable String queue,
    @JsonPropertyDescription(
            "A function that each child process runs before its first task. Unset: none. A pool"
                + " whose initializer fails backs off and says so in its status.")
        @Nullable Initializer initializer,
    @Default("0")
        @Min(0)
        @Max(1_000_000_000)
        @JsonPropertyDescription(
            "Number of tasks after which a child process is replaced by a fresh one. 0 to"
                + " 1000000000; 0, the default, means unlimited.")
        int maxTasksPerWorker,
    @Default("3")
        @Min(1)
        @Max(100)
        @JsonPropertyDescription(
            "How often a task may begin before it goes to the dead list, counting only attempts"
                + " that ended with the death of their worker. 1 to 100, default 3. With 1 a task"
                + " that has begun never runs again.")
        int maxAttempts,
    @Size(max = WorkerPoolSpec.DURATION_CHARACTERS_MAX)
        @ValidationRule(value = WorkerPoolSpec.DURATION, message = WorkerPoolSpec.DURATION_MESSAGE)
        @JsonPropertyDescription(
            "How long one task may run before its child process is killed and the task fails. A"
                + " duration in h, m, s and ms, such as 30s or 1h30m, above 0. Unset means no"
                + " limit.")
        @Nullable String taskTimeout,
    @Default("{}")
        @JsonPropertyDescription("What each worker is made from. Every field may be left out.")
        WorkerTemplate template) {

  /** Name of the QueueCluster of pools that name none. */
  public static final String QUEUE_DEFAULT = "default";

  static final String DURATION =
      "self.matches('^([0-9]{1,6}(h|m|s|ms))+$') && duration(self) > duration('0s')";
  static final String DURATION_MESSAGE =
      "give a duration above 0 in h, m, s and ms, such as 10m, 1h30m or 500ms";
  static final int DURATION_CHARACTERS_MAX = 32;
  private static final Duration DRAIN_DEADLINE_DEFAULT = Duration.ofMinutes(10);

  /** A spec that says nothing: each field has its default. */
  public static WorkerPoolSpec defaults() {
    return new WorkerPoolSpec(1, 1, true, null, null, null, 0, 3, null, WorkerTemplate.defaults());
  }

  /** {@code queue}, or {@code default} where it is unset. */
  public String queueOrDefault() {
    return queue == null ? QUEUE_DEFAULT : queue;
  }

  /** {@code drainDeadline}, or 10 minutes where it is unset, as for every daemon pool. */
  public Duration drainDeadlineOrDefault() {
    return drainDeadline == null ? DRAIN_DEADLINE_DEFAULT : Durations.parse(drainDeadline);
  }

  /** {@code taskTimeout}; empty means no limit. */
  public Optional<Duration> taskTimeoutIfAny() {
    return Optional.ofNullable(taskTimeout).map(Durations::parse);
  }
}
