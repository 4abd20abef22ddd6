package dev.podpool.queue.boot;

import dev.podpool.queue.loop.Log;
import dev.podpool.queue.loop.QueueLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Whether one of several replicas may be counted on: it is one of those that count, and has caught
 * up since its start. Until then the next must not be taken away. Thread-safe; nobody waits here.
 */
final class CatchUp {

  private static final long ANSWER_SECONDS_MAX = 60;

  private final Log log;
  private final QueueLoop queue;
  private boolean isDone; // guarded by this
  private @Nullable CompletableFuture<@Nullable Void> asked; // under way; guarded by this

  /** Of the replica that {@code log} drives {@code queue} as. */
  CatchUp(Log log, QueueLoop queue) {
    this.log = log;
    this.queue = queue;
  }

  /** Why it can't be counted on, for people; null where it can. */
  @Nullable String lacking() {
    String leader = queue.leader();
    if (leader == null) {
      return "no replica is known to lead";
    }
    return isDone() ? null : "this replica has not caught up yet; " + leader + " leads";
  }

  /** Where it is not known yet, the log is asked, once at a time, for whoever looks later. */
  private synchronized boolean isDone() {
    if (!isDone && queue.leads()) {
      isDone = true; // it has all that there was
    }
    if (!isDone && asked != null && asked.isDone()) {
      isDone = !asked.isCompletedExceptionally();
      asked = null;
    }
    if (!isDone && asked == null) {
      asked = log.catchUp().orTimeout(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
    }
    return isDone;
  }
}
