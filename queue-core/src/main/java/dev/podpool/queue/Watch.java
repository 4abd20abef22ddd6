package dev.podpool.queue;

import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.JobResults;

/**
 * One session's reading of one job's outcomes: delivered up to a window ahead of confirmed. All
 * that a session reads shares one window of bytes, too: what it has not confirmed comes at once
 * when it returns.
 */
final class Watch {

  static final int UNCONFIRMED_OUTCOMES_MAX = 4096;
  static final long UNCONFIRMED_BYTES_MAX = 8L << 20;

  final SessionState session;
  private long confirmed;
  private long delivered;
  private long unconfirmedBytes;
  private boolean lastDelivered;

  Watch(SessionState session, long position) {
    this.session = session;
    this.confirmed = position;
    this.delivered = position;
  }

  long confirmed() {
    return confirmed;
  }

  long delivered() {
    return delivered;
  }

  boolean isLastDelivered() {
    return lastDelivered;
  }

  void confirm(long position, OutcomeLog log) {
    long upTo = Math.min(position, delivered);
    for (; confirmed < upTo; confirmed++) {
      unconfirmed(-log.get(confirmed).getSerializedSize());
    }
  }

  private void unconfirmed(long moreBytes) {
    unconfirmedBytes += moreBytes;
    session.unconfirmedBytes += moreBytes;
  }

  /** It is read no more. */
  void end() {
    unconfirmed(-unconfirmedBytes);
  }

  /** Delivers what is new and fits the window. */
  void advance(Job job, Effects effects) {
    OutcomeLog log = job.log;
    boolean behind = delivered < log.end();
    if (!behind && (lastDelivered || !job.hasEnded())) {
      return;
    }
    JobResults.Builder results =
        JobResults.newBuilder().setJobId(job.id).setPosition(delivered).setItems(job.items.size());
    while (delivered < log.end()
        && delivered - confirmed < UNCONFIRMED_OUTCOMES_MAX
        && unconfirmedBytes < UNCONFIRMED_BYTES_MAX
        && !session.isFull()) {
      var outcome = log.get(delivered++);
      unconfirmed(outcome.getSerializedSize());
      results.addOutcomes(outcome);
    }
    boolean waits =
        session.isFull()
            && delivered < log.end()
            && delivered - confirmed < UNCONFIRMED_OUTCOMES_MAX
            && unconfirmedBytes < UNCONFIRMED_BYTES_MAX;
    if (waits) {
      session.waiting.add(job);
    } else {
      session.waiting.remove(job);
    }
    lastDelivered = job.hasEnded() && delivered == log.end();
    if (results.getOutcomesCount() > 0 || lastDelivered) {
      effects.deliver(
          session.id, Delivery.newBuilder().setJobResults(results.setLast(lastDelivered)).build());
    }
  }

  /** The job was reopened: its last outcome is still to come. */
  void reopen() {
    lastDelivered = false;
  }

  /** What was delivered and not confirmed, once more. Changes nothing. */
  Delivery again(Job job) {
    JobResults.Builder results =
        JobResults.newBuilder()
            .setJobId(job.id)
            .setPosition(confirmed)
            .setItems(job.items.size())
            .setLast(lastDelivered);
    for (long position = confirmed; position < delivered; position++) {
      results.addOutcomes(job.log.get(position));
    }
    return Delivery.newBuilder().setJobResults(results).build();
  }

  static Watch restore(SessionState session, long confirmed, long delivered, Job job) {
    Watch watch = new Watch(session, confirmed);
    for (; watch.delivered < delivered; watch.delivered++) {
      watch.unconfirmed(job.log.get(watch.delivered).getSerializedSize());
    }
    // Every entry ends with all watches advanced as far as they can go.
    watch.lastDelivered = job.hasEnded() && delivered == job.log.end();
    return watch;
  }
}
