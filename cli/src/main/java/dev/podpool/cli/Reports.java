package dev.podpool.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.podpool.operator.local.PoolReport;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a runtime says of its pools. */
final class Reports {

  private static final Duration FRESH = Duration.ofSeconds(30);
  private static final String NOT_RUNNING = "Not running";

  private Reports() {}

  /** As {@code kubectl get wp} shows it. */
  static void print(List<PoolReport> reports, boolean runs, Instant now, PrintStream to) {
    Table table = new Table("NAME", "WORKERS", "READY", "UNFINISHED", "DEAD", "STATUS", "AGE");
    for (PoolReport report : reports) {
      table.row(
          report.pool(),
          Integer.toString(report.workers()),
          Integer.toString(runs ? report.readyWorkers() : 0),
          count(report.unfinished()),
          count(report.dead()),
          status(report, runs, now),
          Text.age(Duration.between(report.createdAt(), now)));
    }
    table.print(to);
  }

  private static String count(@Nullable Long known) {
    return known == null ? "?" : known.toString();
  }

  private static String status(PoolReport report, boolean runs, Instant now) {
    if (!runs) {
      return NOT_RUNNING;
    }
    Duration old = Duration.between(report.observedAt(), now);
    String status = Text.line(report.status());
    return old.compareTo(FRESH) > 0 ? status + " (" + Text.age(old) + " ago)" : status;
  }

  /** The same for programs. */
  static ArrayNode json(List<PoolReport> reports, boolean runs) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (PoolReport report : reports) {
      all.addObject()
          .put("name", report.pool())
          .put("workers", report.workers())
          .put("readyWorkers", runs ? report.readyWorkers() : 0)
          .put("unfinished", report.unfinished())
          .put("dead", report.dead())
          .put("failed", report.failed())
          .put("ready", runs && report.isReady())
          .put("status", runs ? report.status() : NOT_RUNNING)
          .put("createdAt", report.createdAt().toString())
          .put("observedAt", report.observedAt().toString());
    }
    return all;
  }
}
