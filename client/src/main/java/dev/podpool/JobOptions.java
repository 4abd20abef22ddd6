package dev.podpool;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How a job is run, where it differs from the pool's defaults. Immutable; used with {@link
 * Pool#with}.
 */
public final class JobOptions {

  private static final JobOptions DEFAULTS = new JobOptions(0, 0, 0, null, null, 1024, null);

  private final int chunkSize;
  private final int priority;
  private final int maxAttempts;
  private final @Nullable Duration itemTimeout;
  private final @Nullable Duration deadline;
  private final int window;
  private final @Nullable Duration retention;

  private JobOptions(
      int chunkSize,
      int priority,
      int maxAttempts,
      @Nullable Duration itemTimeout,
      @Nullable Duration deadline,
      int window,
      @Nullable Duration retention) {
    this.chunkSize = chunkSize;
    this.priority = priority;
    this.maxAttempts = maxAttempts;
    this.itemTimeout = itemTimeout;
    this.deadline = deadline;
    this.window = window;
    this.retention = retention;
  }

  /** What a pool starts with. */
  public static JobOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Items that are handed out in one turn. Defaults to a quarter of each worker's even share for
   * {@code map}, as in {@code multiprocessing}, and to 1 for {@code imap}.
   *
   * @throws IllegalArgumentException below 1
   */
  public JobOptions withChunkSize(int items) {
    return new JobOptions(
        atLeastOne("chunk size", items),
        priority,
        maxAttempts,
        itemTimeout,
        deadline,
        window,
        retention);
  }

  /**
   * Jobs with a higher priority are handed out first; what runs is not interrupted. Defaults to 0.
   */
  public JobOptions withPriority(int higherIsFirst) {
    return new JobOptions(
        chunkSize, higherIsFirst, maxAttempts, itemTimeout, deadline, window, retention);
  }

  /**
   * How often an item may have begun in a process that died before it is given up. With 1, an item
   * that has begun is never run again. Defaults to the pool's, which defaults to 3.
   *
   * @throws IllegalArgumentException below 1
   */
  public JobOptions withMaxAttempts(int attempts) {
    return new JobOptions(
        chunkSize,
        priority,
        atLeastOne("max attempts", attempts),
        itemTimeout,
        deadline,
        window,
        retention);
  }

  /**
   * How long one item may run. Past that it fails and its process is replaced. Defaults to the
   * pool's, which defaults to no limit.
   *
   * @throws IllegalArgumentException below 1 ms
   */
  public JobOptions withItemTimeout(Duration timeout) {
    return new JobOptions(
        chunkSize,
        priority,
        maxAttempts,
        atLeastOneMilli("item time-out", timeout),
        deadline,
        window,
        retention);
  }

  /**
   * How long a job may take from its submission. Items unended by then are given up. Defaults to no
   * limit.
   *
   * @throws IllegalArgumentException below 1 ms
   */
  public JobOptions withDeadline(Duration fromSubmission) {
    return new JobOptions(
        chunkSize,
        priority,
        maxAttempts,
        itemTimeout,
        atLeastOneMilli("deadline", fromSubmission),
        window,
        retention);
  }

  /**
   * How many inputs {@code imap} takes ahead of the results that were consumed. Defaults to 1,024.
   *
   * @throws IllegalArgumentException below 1
   */
  public JobOptions withWindow(int items) {
    return new JobOptions(
        chunkSize,
        priority,
        maxAttempts,
        itemTimeout,
        deadline,
        atLeastOne("window", items),
        retention);
  }

  /**
   * How long the queue keeps the results of {@code map}, {@code starmap} and {@code apply} after
   * their end, for {@link Podpool#job}. Such a job runs to its end, even if an item fails, and its
   * dead items can be {@linkplain Podpool#retryDead retried}. Defaults to until the submitter has
   * the results; if it never comes for them, 24 h. In {@link Pool#local} nobody else can read them:
   * they only take memory.
   *
   * @throws IllegalArgumentException below 1 ms
   */
  public JobOptions withRetention(Duration fromEnd) {
    return new JobOptions(
        chunkSize,
        priority,
        maxAttempts,
        itemTimeout,
        deadline,
        window,
        atLeastOneMilli("retention", fromEnd));
  }

  /** 0: the default of the call. */
  int chunkSize() {
    return chunkSize;
  }

  int priority() {
    return priority;
  }

  /** 0: the pool's. */
  int maxAttempts() {
    return maxAttempts;
  }

  @Nullable Duration itemTimeout() {
    return itemTimeout;
  }

  @Nullable Duration deadline() {
    return deadline;
  }

  int window() {
    return window;
  }

  /** Null: until the submitter has the results. */
  @Nullable Duration retention() {
    return retention;
  }

  static int atLeastOne(String what, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + " " + value + "; give at least 1");
    }
    return value;
  }

  /** As many as a number can hold, where it is more: 292 million years. */
  static long millis(Duration value) {
    return TimeUnit.MILLISECONDS.convert(value);
  }

  static Duration atLeastOneMilli(String what, Duration value) {
    Objects.requireNonNull(value, what);
    if (millis(value) < 1) {
      throw new IllegalArgumentException(what + " " + value + "; give at least 1 ms");
    }
    return value;
  }
}
