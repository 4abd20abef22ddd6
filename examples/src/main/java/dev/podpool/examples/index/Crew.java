package dev.podpool.examples.index;

import dev.podpool.operator.local.RuntimeEvents;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** The workers as they come and go; says so, and kills one. */
final class Crew implements RuntimeEvents {

  private final ProgressBar bar;
  private final Map<String, Long> pids = new LinkedHashMap<>();
  private final Set<String> ready = new HashSet<>();
  private int started;
  private int replaced;
  private String killed = "";
  private long killedNanos;

  Crew(ProgressBar bar) {
    this.bar = bar;
  }

  @Override
  public synchronized void workerStarted(String worker, long pid) {
    pids.put(worker, pid);
    started++;
  }

  @Override
  public synchronized void workerReady(String worker) {
    ready.add(worker);
    if (worker.equals(killed)) {
      replaced++;
      bar.say(
          String.format(
              Locale.ROOT,
              "  ! worker %s replaced in %.1f s",
              worker,
              (System.nanoTime() - killedNanos) / 1e9));
      killed = "";
    }
    notifyAll();
  }

  @Override
  public synchronized void workerEnded(String worker, boolean asked, int exitCode) {
    ready.remove(worker);
    if (!asked) {
      bar.say("  ! worker " + worker + " died (exit " + exitCode + ")");
    }
  }

  @Override
  public void output(String worker, int stream, String text) {
    bar.say("  " + worker + ": " + text.strip());
  }

  /** Sends SIGKILL to one that is at work; only once. */
  synchronized void killOne() {
    if (killedNanos != 0 || ready.isEmpty()) {
      return;
    }
    killed = ready.stream().max(String::compareTo).orElseThrow();
    killedNanos = System.nanoTime();
    Long pid = pids.get(killed);
    if (pid != null) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  synchronized boolean awaitReady(int workers, long millis) throws InterruptedException {
    return await(() -> ready.size() >= workers, millis);
  }

  /** The one that was killed has its successor, or {@code millis} have passed. */
  synchronized boolean awaitReplaced(long millis) throws InterruptedException {
    return await(() -> replaced > 0, millis);
  }

  private boolean await(BooleanSupplier condition, long millis) throws InterruptedException {
    long deadline = System.nanoTime() + millis * 1_000_000;
    while (!condition.getAsBoolean()) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  synchronized int ready() {
    return ready.size();
  }

  synchronized int started() {
    return started;
  }

  synchronized int replaced() {
    return replaced;
  }
}
