package dev.podpool.queue.boot;

import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.queue.QueueMachine;
import dev.podpool.queue.loop.LoopMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The queue in numbers, as Prometheus reads them: docs/operations.md lists them. */
final class Metrics implements LoopMetrics {

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Counter operations =
      Counter.builder("podpool.queue.operations")
          .description("Operations applied")
          .register(registry);
  private final DistributionSummary entries =
      DistributionSummary.builder("podpool.queue.entry.size")
          .description("Entries applied, and their bytes")
          .baseUnit("bytes")
          .register(registry);
  private final Timer commits =
      Timer.builder("podpool.queue.commit")
          .description("From an entry's append until its fdatasync was done; one entry at a time")
          .register(registry);
  private final Timer applies =
      Timer.builder("podpool.queue.apply")
          .description("Applying an entry, and performing its effects")
          .register(registry);
  private final MultiGauge items =
      MultiGauge.builder("podpool.queue.items")
          .description("Items of a pool, by state")
          .register(registry);
  private final AtomicLong sessions = gauge("podpool.queue.sessions", "Open sessions");
  private final AtomicLong connections = gauge("podpool.queue.connections", "Open connections");
  private final AtomicLong index = gauge("podpool.queue.index", "Entries applied since the first");
  private final AtomicLong level =
      gauge(
          "podpool.feature.level", "What may be in the log: the least that all replicas can apply");

  /** What is read from the state when somebody asks. */
  record State(long sessions, long index, int level, List<PoolStatus> pools) {
    static State of(QueueMachine machine) {
      return new State(
          machine.sessions().size(), machine.index(), machine.level(), machine.statuses());
    }
  }

  private AtomicLong gauge(String name, String description) {
    AtomicLong value = new AtomicLong();
    io.micrometer.core.instrument.Gauge.builder(name, value, AtomicLong::doubleValue)
        .description(description)
        .register(registry);
    return value;
  }

  @Override
  public void applied(int ofEntry, int bytes, long certainNanos, long applyNanos) {
    operations.increment(ofEntry);
    entries.record(bytes);
    if (certainNanos > 0) {
      commits.record(certainNanos, TimeUnit.NANOSECONDS);
    }
    applies.record(applyNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void refused(ErrorCode code) {
    registry.counter("podpool.queue.refused", "code", code.name()).increment();
  }

  /** All of it, in Prometheus' text format. */
  String text(State state, int connectionsNow) {
    sessions.set(state.sessions());
    connections.set(connectionsNow);
    index.set(state.index());
    level.set(state.level());
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    for (PoolStatus pool : state.pools()) {
      rows.add(row(pool, "ready", pool.getReady()));
      rows.add(row(pool, "leased", pool.getLeased()));
      rows.add(row(pool, "dead", pool.getDead()));
    }
    items.register(rows, true);
    return registry.scrape();
  }

  private static MultiGauge.Row<?> row(PoolStatus pool, String state, long count) {
    return MultiGauge.Row.of(Tags.of("pool", pool.getPool(), "state", state), count);
  }
}
