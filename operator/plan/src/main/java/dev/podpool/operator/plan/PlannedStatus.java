package dev.podpool.operator.plan;

/**
 * What to tell people of a pool.
 *
 * @param workers workers that have not ended
 * @param readyWorkers those of them that are in the queue and were not told to end
 * @param progressing whether workers are missing, starting, stopping or of an old template
 * @param draining whether the pool is being deleted
 * @param reason what the message is about, as one CamelCase word for programs
 * @param message a short phrase, such as {@code Joined}; the same for the same facts, so that a
 *     status is not written each second
 */
public record PlannedStatus(
    int workers,
    int readyWorkers,
    boolean progressing,
    boolean draining,
    String reason,
    String message) {

  /** One whose message is one word, and so its reason too. */
  public PlannedStatus(
      int workers, int readyWorkers, boolean progressing, boolean draining, String message) {
    this(workers, readyWorkers, progressing, draining, message, message);
  }

  /** This, but for what is said. */
  public PlannedStatus saying(String reason, String message) {
    return new PlannedStatus(workers, readyWorkers, progressing, draining, reason, message);
  }
}
