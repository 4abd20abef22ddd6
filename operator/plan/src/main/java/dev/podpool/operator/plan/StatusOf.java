package dev.podpool.operator.plan;

import dev.podpool.operator.plan.Worker.Phase;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What to tell people of a pool: the most urgent first. */
record StatusOf(PoolSpec spec, Observed observed, Backoff backoff, boolean stopping) {
  PlannedStatus status() {
    int there = (int) observed.workers().stream().filter(w -> w.phase() != Phase.ENDED).count();
    int ready = (int) count(Phase.READY);
    boolean deleted = spec.deletedAt() != null;
    boolean progressing =
        there != spec.workers() || ready != there || outdated() > 0 || cordoned() > 0;
    Phrase phrase = phrase(there, ready);
    return new PlannedStatus(there, ready, progressing, deleted, phrase.reason, phrase.message);
  }

  private record Phrase(String reason, String message) {}

  private Phrase phrase(int there, int ready) {
    Observed.Queue queue = observed.queue();
    if (stopping) {
      return new Phrase("Stopping", "Stopping: %s left".formatted(workers(there)));
    }
    if (queue.initializerFailures() > 0) {
      return new Phrase(
          "InitializerFailed",
          "Initializer failed %s: %s"
              .formatted(times(queue.initializerFailures()), queue.initializerFailure()));
    }
    if (backoff.isProbing() && ready < spec.workers()) {
      return new Phrase(
          backoff.reason(),
          "Worker %s died, %s in a row (%s): starts are %d s apart"
              .formatted(
                  spec.workerName(backoff.ordinal()),
                  times(backoff.failures()),
                  backoff.cause(),
                  backoff.delay().toSeconds()));
    }
    Worker.Trouble trouble = commonestTrouble();
    if (trouble != null && ready < spec.workers()) {
      int troubled = (int) troubles().filter(trouble::equals).count();
      return new Phrase(
          trouble.reason(), "Pending: %s %s".formatted(workers(troubled), trouble.words()));
    }
    if (!queue.reachable()) {
      return new Phrase("QueueUnreachable", "Queue unreachable");
    }
    if (spec.deletedAt() != null) {
      return new Phrase("Draining", "Draining: %d tasks unfinished".formatted(queue.unfinished()));
    }
    if (there > spec.workers()) {
      return new Phrase(
          "ScalingDown",
          "Scaling down: %d of %s".formatted(spec.workers(), workers(there) + " stay"));
    }
    if (outdated() > 0) {
      return new Phrase(
          "Rolling", "Rolling: %s of an old template".formatted(workers((int) outdated())));
    }
    if (ready < spec.workers()) {
      return new Phrase(
          "Starting", "Starting: %d of %s ready".formatted(ready, workers(spec.workers())));
    }
    return queue.unfinished() == 0
        ? new Phrase("Joined", "Joined")
        : new Phrase("Working", "Working");
  }

  /** Of equally common ones, the first by name: the same for the same facts. */
  private Worker.@Nullable Trouble commonestTrouble() {
    var counts =
        new TreeMap<Worker.Trouble, Integer>(
            Comparator.comparing(Worker.Trouble::reason).thenComparing(Worker.Trouble::words));
    troubles().forEach(trouble -> counts.merge(trouble, 1, Integer::sum));
    return counts.entrySet().stream()
        .min(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .map(Map.Entry::getKey)
        .orElse(null);
  }

  private Stream<Worker.Trouble> troubles() {
    return observed.workers().stream()
        .filter(worker -> worker.phase() == Phase.STARTING)
        .map(Worker::trouble)
        .flatMap(Stream::ofNullable);
  }

  private long count(Phase phase) {
    return observed.workers().stream().filter(worker -> worker.phase() == phase).count();
  }

  private long outdated() {
    return observed.workers().stream()
        .filter(w -> w.isLive() && !w.templateHash().equals(spec.templateHash()))
        .count();
  }

  private long cordoned() {
    return observed.workers().stream().filter(w -> w.isLive() && w.isCordoned()).count();
  }

  private static String workers(int count) {
    return count == 1 ? "1 worker" : count + " workers";
  }

  private static String times(int count) {
    return count == 1 ? "once" : count + " times";
  }
}
