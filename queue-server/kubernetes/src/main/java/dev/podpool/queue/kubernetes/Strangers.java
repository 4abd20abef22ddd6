package dev.podpool.queue.kubernetes;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Reviews of tokens that the queue does not know: some at once, so that whoever it knows never
 * waits behind them, and few that are refused, so that no flood of wrong tokens becomes one of
 * questions to the API server. Right ones are not counted. Thread-safe; no future fails.
 */
final class Strangers {

  /** Half of what the API server is asked at once; the other half is for those that are known. */
  static final int AT_ONCE_MAX = 20;

  static final int WAITING_MAX = 2_000;

  /** So many may be refused at once, if none was for a while. */
  static final int REFUSED_MAX = 100;

  static final int REFUSED_PER_SECOND_MAX = 10;

  private static final System.Logger LOG = System.getLogger(Strangers.class.getName());
  private static final long REFILL_NANOS = 1_000_000_000L / REFUSED_PER_SECOND_MAX;
  private static final long COMPLAINT_NANOS = 60_000_000_000L;

  private static final Reviews.Unclear TOO_MANY_REFUSED =
      new Reviews.Unclear(
          "too many refused tokens were shown to this queue: it looks at %d of them at once and at"
                  .formatted(REFUSED_MAX)
              + " %d a second from then on, and until there are fewer at none that it does not know;"
                  .formatted(REFUSED_PER_SECOND_MAX)
              + " try again in a few seconds");
  private static final Reviews.Unclear TOO_MANY_WAIT =
      new Reviews.Unclear(
          "%d new tokens wait to be reviewed already, which is as many as may; try again in a few seconds"
              .formatted(WAITING_MAX));

  private final Function<String, CompletableFuture<Reviews.Identity>> reviews;
  private final LongSupplier clockNanos;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(); // guarded by this
  private int underWay; // guarded by this
  // So many of those under way, and of those that come, may be refused.
  private int left = REFUSED_MAX; // guarded by this
  private long refilledNanos; // guarded by this
  private long complainNanos; // not before; guarded by this

  private record Waiting(String token, CompletableFuture<Reviews.Identity> answer) {}

  /**
   * @param reviews asks the API server; its futures don't fail
   */
  Strangers(
      Function<String, CompletableFuture<Reviews.Identity>> reviews, LongSupplier clockNanos) {
    this.reviews = reviews;
    this.clockNanos = clockNanos;
    refilledNanos = clockNanos.getAsLong();
    complainNanos = refilledNanos;
  }

  /** Whose {@code token} is; unclear where there are too many to look at it now. */
  CompletableFuture<Reviews.Identity> whose(String token) {
    Waiting one = new Waiting(token, new CompletableFuture<>());
    synchronized (this) {
      if (waiting.size() >= WAITING_MAX) {
        return CompletableFuture.completedFuture(TOO_MANY_WAIT);
      }
      waiting.add(one);
    }
    proceed();
    return one.answer();
  }

  /** Nothing is asked or answered under the lock: who is answered goes on within it. */
  private void proceed() {
    while (true) {
      Waiting next;
      boolean isLookedAt;
      synchronized (this) {
        next = underWay < AT_ONCE_MAX ? waiting.poll() : null;
        if (next == null) {
          return;
        }
        isLookedAt = take();
        underWay += isLookedAt ? 1 : 0;
      }
      if (!isLookedAt) {
        next.answer().complete(TOO_MANY_REFUSED);
        continue;
      }
      CompletableFuture<Reviews.Identity> review = reviews.apply(next.token());
      if (review.isDone()) {
        settle(next, review.join());
      } else {
        var _ =
            review.thenAccept(
                whose -> {
                  settle(next, whose);
                  proceed();
                });
      }
    }
  }

  private synchronized boolean take() {
    long now = clockNanos.getAsLong();
    long more = (now - refilledNanos) / REFILL_NANOS;
    refilledNanos += more * REFILL_NANOS;
    left = (int) Math.min(REFUSED_MAX, left + more);
    if (left > 0) {
      left--;
      return true;
    }
    if (now - complainNanos >= 0) {
      complainNanos = now + COMPLAINT_NANOS;
      LOG.log(
          System.Logger.Level.WARNING,
          "more than {0} wrong tokens a second are shown to this queue: nobody whom it does not know"
              + " already comes in until there are fewer",
          REFUSED_PER_SECOND_MAX);
    }
    return false;
  }

  private void settle(Waiting one, Reviews.Identity whose) {
    synchronized (this) {
      underWay--;
      if (!(whose instanceof Reviews.Nobody)) {
        left = Math.min(REFUSED_MAX, left + 1);
      }
    }
    one.answer().complete(whose);
  }
}
