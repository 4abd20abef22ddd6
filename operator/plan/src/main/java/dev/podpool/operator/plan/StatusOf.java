package dev.podpool.operator.plan;

import dev.podpool.operator.plan.Worker.Phase;

/** What to tell people of a pool: the most urgent first. */
record StatusOf(PoolSpec spec, Observed observed, Backoff backoff, boolean stopping) {
  PlannedStatus status() {
    int there = (int) observed.workers().stream().filter(w -> w.phase() != Phase.ENDED).count();
    int ready = (int) count(Phase.READY);
    boolean deleted = spec.deletedAt() != null;
    boolean progressing =
        there != spec.workers() || ready != there || outdated() > 0 || cordoned() > 0;
    return new PlannedStatus(there, ready, progressing, deleted, message(there, ready));
  }

  private String message(int there, int ready) {
    Observed.Queue queue = observed.queue();
    if (stopping) {
      return "Stopping: %s left".formatted(workers(there));
    }
    if (queue.initializerFailures() > 0) {
      return "Initializer failed %s: %s"
          .formatted(times(queue.initializerFailures()), queue.initializerFailure());
    }
    if (backoff.isProbing() && ready < spec.workers()) {
      return "Worker %s died, %s in a row (%s): starts are %d s apart"
          .formatted(
              spec.workerName(backoff.ordinal()),
              times(backoff.failures()),
              backoff.cause(),
              backoff.delay().toSeconds());
    }
    if (!queue.reachable()) {
      return "Queue unreachable";
    }
    if (spec.deletedAt() != null) {
      return "Draining: %d tasks unfinished".formatted(queue.unfinished());
    }
    if (there > spec.workers()) {
      return "Scaling down: %d of %s".formatted(spec.workers(), workers(there) + " stay");
    }
    if (outdated() > 0) {
      return "Rolling: %s of an old template".formatted(workers((int) outdated()));
    }
    if (ready < spec.workers()) {
      return "Starting: %d of %s ready".formatted(ready, workers(spec.workers()));
    }
    return queue.unfinished() == 0 ? "Joined" : "Working";
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
