package dev.podpool.cli;

import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import dev.podpool.PodpoolException;
import dev.podpool.PoolInfo;
import dev.podpool.operator.local.LocalRuntime;
import dev.podpool.operator.local.PoolReport;
import dev.podpool.operator.local.RuntimeDaemon;
import dev.podpool.rpc.QueueUnreachableException;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Looks at a runtime from outside, as far as it lets itself be looked at. Changes nothing. */
final class Doctor {

  private static final long DISK_BYTES_MIN = 1L << 30;

  /** The variable that leads other commands elsewhere. */
  static final String ENDPOINT = "PODPOOL_ENDPOINT";

  private final Map<String, String> environment;
  private final RuntimeDirectory directory;
  private final List<Finding> findings = new ArrayList<>();

  Doctor(Map<String, String> environment, RuntimeDirectory directory) {
    this.environment = environment;
    this.directory = directory;
  }

  /** What is wrong, the likeliest first; empty: nothing that can be seen. */
  List<Finding> examine() throws IOException {
    if (!Files.isDirectory(directory.path())) {
      found("no runtime was ever started in " + directory.path(), "podpool local up -f pool.yaml");
    } else {
      examineFiles();
      if (LocalRuntime.runningIn(directory).isPresent()) {
        examineRunning();
      } else {
        examineStopped();
      }
      examineDisk();
    }
    String endpoint = environment.getOrDefault(ENDPOINT, "");
    if (!endpoint.isEmpty()) {
      found(
          ENDPOINT + " is set to " + endpoint + ": other commands ask there, and not this runtime",
          "unset " + ENDPOINT + ", unless that is meant");
    }
    return findings;
  }

  private void found(String problem, String remedy) {
    findings.add(new Finding(problem, remedy));
  }

  private void examineFiles() throws IOException {
    Path key = directory.key();
    if (!Files.exists(key)) {
      return; // made at the next start
    }
    Set<PosixFilePermission> may = Files.getPosixFilePermissions(key);
    boolean isOpen =
        may.stream()
            .anyMatch(each -> each.name().startsWith("GROUP") || each.name().startsWith("OTHERS"));
    if (isOpen) {
      found(
          "the key " + key + " is open to others, and the queue refuses it then",
          "chmod 600 " + key);
    } else if (!Files.isReadable(key)) {
      found(
          "the key " + key + " can't be read by this user",
          "run podpool as " + Files.getOwner(key) + ", or set PODPOOL_HOME");
    }
  }

  private void examineStopped() throws IOException {
    boolean died = Files.exists(directory.endpoint());
    List<PoolReport> pools = LocalRuntime.status(directory);
    found(
        died
            ? "the runtime of " + directory.path() + " died (its files are there, it is not)"
            : "no runtime runs in " + directory.path(),
        pools.isEmpty()
            ? "podpool local up -f pool.yaml"
            : "podpool local up    # with its pools: " + names(pools));
    Path log = RuntimeDaemon.log(directory);
    if (Files.exists(log)) {
      List<String> lines = Files.readAllLines(log);
      if (!lines.isEmpty() && lines.getLast().contains("can't run")) {
        found("it said last: " + lines.getLast(), "do what it says; see " + log);
      }
    }
  }

  private static String names(List<PoolReport> pools) {
    return String.join(", ", pools.stream().map(PoolReport::pool).toList());
  }

  private void examineRunning() throws IOException {
    Map<String, PoolInfo> inQueue = new LinkedHashMap<>();
    try (Podpool podpool =
        Podpool.connect(directory.path(), ConnectOptions.defaults().withCodeInWorkers())) {
      podpool.pools().forEach(pool -> inQueue.put(pool.name(), pool));
    } catch (PodpoolException e) {
      Throwable why = e.getCause() == null ? e : e.getCause();
      boolean isKey =
          !Files.exists(directory.key())
              || (why instanceof QueueUnreachableException known && known.isForGood());
      found(
          "the runtime runs, and its queue does not answer: " + why.getMessage(),
          isKey
              ? "podpool local down, then podpool local up: its queue takes the key that is there"
                  + " then, or makes one"
              : "give it a moment if it was just started, or see "
                  + RuntimeDaemon.log(directory).resolveSibling("queue.log"));
    }
    List<PoolReport> pools = LocalRuntime.status(directory);
    if (pools.isEmpty()) {
      found("the runtime has no pool", "podpool local up -f pool.yaml");
    }
    for (PoolReport report : pools) {
      examine(report, inQueue.get(report.pool()));
    }
  }

  private void examine(PoolReport report, @Nullable PoolInfo pool) {
    String name = report.pool();
    String status = Text.line(report.status());
    if (status.startsWith("Manifest refused")) {
      found("pool " + name + ": " + status, "mend the manifest, and podpool local up -f it");
    } else if (pool != null && !pool.failure().isEmpty()) {
      found(
          "pool " + name + ": no process comes up: " + Text.line(pool.failure()),
          "mend the initializer, or its class path: podpool local down, then up --class-path");
    } else if (report.workers() == 0) {
      found(
          "pool " + name + " has no workers, and " + waiting(report),
          "raise spec.workers in its manifest, and podpool local up -f it");
    } else if (report.readyWorkers() < report.workers()) {
      found(
          "pool %s: %d of %s are ready: %s"
              .formatted(name, report.readyWorkers(), Text.workers(report.workers()), status),
          "see " + RuntimeDaemon.log(directory).resolveSibling(name + "-*.log"));
    }
    if (pool != null) {
      long cordoned = pool.workers().stream().filter(PoolInfo.Worker::cordoned).count();
      if (cordoned > 0 && cordoned == pool.workers().size()) {
        found(
            "all workers of pool " + name + " are cordoned, and " + waiting(report),
            "podpool drain --undo " + name);
      }
      if (pool.dead() > 0) {
        found(
            "pool " + name + " has dead items: " + pool.dead(),
            "podpool dead list " + name + ", then dead retry or dead drop");
      }
    }
  }

  private static String waiting(PoolReport report) {
    Long unfinished = report.unfinished();
    return unfinished == null || unfinished == 0
        ? "what is submitted will wait"
        : Text.items(unfinished) + " wait";
  }

  private void examineDisk() throws IOException {
    long free = Files.getFileStore(directory.path()).getUsableSpace();
    if (free < DISK_BYTES_MIN) {
      found(
          "the disk of %s has %d MiB free; below 256 MiB jobs are refused"
              .formatted(directory.path(), free >> 20),
          "free some space there, or set PODPOOL_HOME");
    }
  }
}
