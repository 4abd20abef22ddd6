package dev.podpool.operator.plan;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One worker as it was seen.
 *
 * @param ordinal its place, 0 or more; two workers never share one
 * @param templateHash of the template that it was started from
 * @param startedAt when it was started
 * @param cordonedAt since when the queue gives it no work; null while it does
 * @param leased number of items it holds, as the queue last said
 * @param end how it ended; not null exactly in {@link Phase#ENDED}
 * @param trouble what keeps it from becoming ready; null where nothing is known to
 */
public record Worker(
    int ordinal,
    String templateHash,
    Phase phase,
    Instant startedAt,
    @Nullable Instant cordonedAt,
    int leased,
    @Nullable End end,
    @Nullable Trouble trouble) {

  /** One that nothing is known to keep from becoming ready. */
  public Worker(
      int ordinal,
      String templateHash,
      Phase phase,
      Instant startedAt,
      @Nullable Instant cordonedAt,
      int leased,
      @Nullable End end) {
    this(ordinal, templateHash, phase, startedAt, cordonedAt, leased, end, null);
  }

  /** Where a worker is in its life. */
  public enum Phase {
    /** Started, and not yet known to the queue. */
    STARTING,
    /** In the queue, and able to take work. */
    READY,
    /** Told to end. */
    STOPPING,
    /** Gone; only its remains are still there. */
    ENDED
  }

  /**
   * How a worker ended.
   *
   * @param asked whether a {@link Step.Stop} came first; else it died
   * @param reason one CamelCase word for programs, such as {@code OOMKilled}
   * @param cause for people, such as {@code exit -9, OOMKilled}
   */
  public record End(Instant at, boolean asked, String reason, String cause) {

    /** Why a worker died of which no more is known. */
    public static final String DIED = "WorkerDied";

    /** An end of which no more is known than its cause in words. */
    public End(Instant at, boolean asked, String cause) {
      this(at, asked, DIED, cause);
    }
  }

  /**
   * What keeps a worker from becoming ready.
   *
   * @param reason one CamelCase word for programs, such as {@code Unschedulable}
   * @param words what goes behind "2 workers", such as {@code unschedulable (cpu)}; the same for
   *     the same trouble
   */
  public record Trouble(String reason, String words) {}

  public Worker {
    if ((phase == Phase.ENDED) != (end != null)) {
      throw new IllegalArgumentException(
          "worker %d is %s with end %s: an end belongs to ENDED".formatted(ordinal, phase, end));
    }
  }

  /** Whether it runs and was not told to end. */
  boolean isLive() {
    return phase == Phase.STARTING || phase == Phase.READY;
  }

  boolean isCordoned() {
    return cordonedAt != null;
  }

  /** Whether it can be given work now. */
  boolean isAvailable() {
    return phase == Phase.READY && !isCordoned();
  }
}
