package dev.podpool.operator.plan;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * How long a pool whose workers die waits before it starts another.
 *
 * <p>What dies is replaced at once the first time; then after 1 s, doubling to 60 s. A death counts
 * only if its worker was started after the last counted death, so that ten workers lost with one
 * node are one failure. A worker that lived 10 min, 10 min without a death, or another template
 * begin anew. A value: each plan returns the next one, and is to be given it back.
 *
 * @param failures deaths counted in a row
 * @param ordinal the place of the last one
 * @param at when that was
 * @param reason of the last one, for programs
 * @param cause of the last one, for people
 * @param templateHash of the last one's template
 */
public record Backoff(
    int failures, int ordinal, Instant at, String reason, String cause, String templateHash) {

  /** No death yet. */
  public static final Backoff NONE = new Backoff(0, 0, Instant.EPOCH, "", "", "");

  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration MOST = Duration.ofSeconds(60);
  private static final Duration HEALTHY = Duration.ofMinutes(10);
  private static final int DOUBLINGS_MAX = 6;

  /** This, with those of {@code workers} that died and are not counted yet. */
  Backoff after(List<Worker> workers) {
    Backoff next = this;
    var deaths =
        workers.stream()
            .filter(worker -> worker.end() != null && !worker.end().asked())
            .sorted(Comparator.comparing((Worker worker) -> end(worker).at()))
            .toList();
    for (Worker death : deaths) {
      next = next.after(death);
    }
    return next;
  }

  /** This, or none of it, if what died was of another template or long ago. */
  Backoff at(Instant now, String currentTemplateHash) {
    boolean over = !now.isBefore(at.plus(HEALTHY)) || !templateHash.equals(currentTemplateHash);
    return over ? new Backoff(0, ordinal, at, reason, cause, templateHash) : this;
  }

  /** When the next worker may be started. */
  Instant startAt() {
    return at.plus(delay());
  }

  Duration delay() {
    if (failures < 2) {
      return Duration.ZERO;
    }
    Duration doubled = FIRST.multipliedBy(1L << Math.min(failures - 2, DOUBLINGS_MAX));
    return doubled.compareTo(MOST) < 0 ? doubled : MOST;
  }

  /** Whether workers are started one at a time, each after the one before is ready. */
  boolean isProbing() {
    return failures >= 2;
  }

  private Backoff after(Worker death) {
    Worker.End end = end(death);
    if (!end.at().isAfter(at) || death.startedAt().isBefore(at)) {
      return this; // counted before, or lost together with one that was
    }
    boolean lived = !end.at().isBefore(death.startedAt().plus(HEALTHY));
    Backoff before = lived ? NONE : at(end.at(), death.templateHash());
    return new Backoff(
        before.failures + 1,
        death.ordinal(),
        end.at(),
        end.reason(),
        end.cause(),
        death.templateHash());
  }

  private static Worker.End end(Worker worker) {
    return Objects.requireNonNull(worker.end());
  }
}
