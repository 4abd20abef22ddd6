package dev.podpool.operator.plan;

/** One thing to do to one worker; names are {@link PoolSpec#workerName}. */
public sealed interface Step {
  /** The worker that it is done to. */
  String name();

  /**
   * Start a worker from the template with this hash. Nothing of an older one of this name is left.
   */
  record Start(String name, int ordinal, String templateHash) implements Step {}

  /** Have the queue give it no more work, even if it has not joined the queue yet. */
  record Cordon(String name) implements Step {}

  /** Have the queue give it work again. */
  record Uncordon(String name) implements Step {}

  /** Tell it to end; {@code reason} is for people. Never repeated once it is seen stopping. */
  record Stop(String name, String reason) implements Step {}

  /** Clear away the remains of one that ended, so that its place is free. */
  record Remove(String name) implements Step {}
}
