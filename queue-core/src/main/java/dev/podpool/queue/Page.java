package dev.podpool.queue;

/** How much of a long answer is given at once: at least one part, then 1 MiB at most. */
final class Page {

  private static final long BYTES_MAX = 1 << 20;

  // What each part takes in a message beside its bytes, at most.
  private static final int PART_BYTES = 24;

  private long left;
  private long bytes;

  /**
   * @param limit most parts; 0 and below: no limit but that of bytes
   */
  Page(int limit) {
    left = limit <= 0 ? Long.MAX_VALUE : limit;
  }

  /** Whether a part of {@code size} bytes is in it, too. */
  boolean takes(long size) {
    boolean isFirst = bytes == 0;
    bytes += size + PART_BYTES;
    return left-- > 0 && (isFirst || bytes <= BYTES_MAX);
  }
}
