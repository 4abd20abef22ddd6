package dev.podpool.queue.loop;

import dev.podpool.protocol.ErrorCode;

/**
 * Told what a loop does, to be counted. Called by who is inside the loop, one at a time: must be
 * quick, and must not throw.
 */
public interface LoopMetrics {

  /** Counts nothing. */
  LoopMetrics NONE =
      new LoopMetrics() {
        @Override
        public void applied(int operations, int bytes, long certainNanos, long applyNanos) {}

        @Override
        public void refused(ErrorCode code) {}
      };

  /**
   * An entry was applied, and its effects performed.
   *
   * @param operations in it
   * @param bytes of it
   * @param certainNanos from its append until the log had it for certain; 0 for one that this
   *     process did not append
   * @param applyNanos spent on applying it and on its effects
   */
  void applied(int operations, int bytes, long certainNanos, long applyNanos);

  /** An operation was answered with a refusal. */
  void refused(ErrorCode code);
}
