package dev.podpool.cli;

import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import dev.podpool.UnreachableException;
import dev.podpool.operator.local.LocalRuntime;
import dev.podpool.operator.local.PoolReport;
import dev.podpool.operator.local.RuntimeDaemon;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A runtime on its way to pools that are ready. For one thread. */
final class Rise {

  private final RuntimeDirectory directory;
  private final @Nullable RuntimeDaemon daemon;
  private final Instant saidSince;
  private final Map<String, String> wanted;
  private final Map<String, PoolReport> ready = new LinkedHashMap<>();
  private Map<String, PoolReport> known = Map.of();

  /**
   * @param daemon null if the runtime ran before
   * @param saidSince what was said before is not of this runtime
   * @param wanted pools, with the digests of their manifests
   */
  Rise(
      RuntimeDirectory directory,
      @Nullable RuntimeDaemon daemon,
      Instant saidSince,
      Map<String, String> wanted) {
    this.directory = directory;
    this.daemon = daemon;
    this.saidSince = saidSince;
    this.wanted = wanted;
  }

  Path directory() {
    return directory.path();
  }

  /**
   * Looks how far it is, and tells {@code each} of pools that have become ready. True: it is there.
   *
   * @throws CommandException if it has ended instead
   */
  boolean look(Consumer<PoolReport> each) throws IOException, CommandException {
    boolean runs = LocalRuntime.runningIn(directory).isPresent();
    if (!runs && (daemon == null || !daemon.isAlive())) {
      throw new CommandException(
          ExitCode.UNREACHABLE,
          daemon == null
              ? "the runtime of " + directory.path() + " has ended meanwhile"
              : "the runtime ended as soon as it was started: " + daemon.said());
    }
    if (!runs) {
      return false;
    }
    known = new LinkedHashMap<>();
    for (PoolReport report : LocalRuntime.status(directory)) {
      if (!report.observedAt().isBefore(saidSince) && wanted.containsKey(report.pool())) {
        known.put(report.pool(), report);
      }
    }
    for (PoolReport report : known.values()) {
      if (report.isReady()
          && report.manifestSha256().equals(wanted.get(report.pool()))
          && ready.put(report.pool(), report) == null) {
        each.accept(report);
      }
    }
    return ready.size() == wanted.size() && (!wanted.isEmpty() || serves());
  }

  private boolean serves() {
    try {
      // Returns when the queue has answered.
      Podpool.connect(directory.path(), ConnectOptions.defaults().withCodeInWorkers()).close();
      return true;
    } catch (UnreachableException e) {
      return false;
    }
  }

  List<PoolReport> ready() {
    return List.copyOf(ready.values());
  }

  /** What is known of pools that are not ready. */
  List<PoolReport> missing() {
    return known.values().stream().filter(each -> !ready.containsKey(each.pool())).toList();
  }

  /** The same in words, with those that nothing is known of. */
  String whatIsMissing() {
    List<String> reasons = new ArrayList<>();
    for (String pool : wanted.keySet()) {
      if (!ready.containsKey(pool)) {
        PoolReport report = known.get(pool);
        reasons.add(pool + ": " + (report == null ? "nothing heard of it yet" : report.status()));
      }
    }
    return reasons.isEmpty() ? "the queue does not serve yet" : String.join("; ", reasons);
  }
}
