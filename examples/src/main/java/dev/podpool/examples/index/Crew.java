package dev.podpool.examples.index;

import dev.podpool.operator.local.RuntimeEvents;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The processes as they come and go: says so, and kills one of each kind. */
final class Crew implements RuntimeEvents {

  /** What may be killed. */
  enum Victim {
    WORKER,
    QUEUE
  }

  private final ProgressBar bar;
  private final Map<String, Long> pids = new LinkedHashMap<>();
  private final Set<String> ready = new HashSet<>();
  // Those killed and not replaced yet: since when.
  private final Map<Victim, Long> killedNanos = new LinkedHashMap<>();
  private final Set<Victim> replaced = new HashSet<>();
  private String killedWorker = "";
  private long queuePid;

  Crew(ProgressBar bar) {
    this.bar = bar;
  }

  @Override
  public synchronized void queueReady(long pid) {
    queuePid = pid;
    isReplaced(Victim.QUEUE, "the queue serves again, on what it had on the disk,");
  }

  @Override
  public synchronized void queueEnded(long pid, int exitCode) {
    bar.say("  ! the queue's process " + ended(exitCode));
  }

  @Override
  public synchronized void workerStarted(String worker, long pid) {
    pids.put(worker, pid);
  }

  @Override
  public synchronized void workerReady(String worker) {
    ready.add(worker);
    if (worker.equals(killedWorker)) {
      isReplaced(Victim.WORKER, "worker " + worker + " is replaced");
    }
    notifyAll();
  }

  @Override
  public synchronized void workerEnded(String worker, boolean asked, int exitCode) {
    ready.remove(worker);
    if (!asked) {
      bar.say("  ! worker " + worker + " " + ended(exitCode));
    }
  }

  private static String ended(int exitCode) {
    return exitCode == -9
        ? "was killed (SIGKILL)"
        : exitCode < 0 ? "was killed by signal " + -exitCode : "ended with exit code " + exitCode;
  }

  @Override
  public void output(String worker, int stream, String text) {
    bar.say("  " + worker + ": " + text.strip());
  }

  private void isReplaced(Victim victim, String what) {
    Long since = killedNanos.get(victim);
    if (since != null && replaced.add(victim)) {
      double seconds = (System.nanoTime() - since) / 1e9;
      bar.say(String.format(Locale.ROOT, "  ! %s after %.1f s", what, seconds));
      notifyAll();
    }
  }

  /** Sends SIGKILL to one that is at work; only once. */
  synchronized void kill(Victim victim) {
    if (killedNanos.containsKey(victim) || ready.isEmpty()) {
      return;
    }
    killedNanos.put(victim, System.nanoTime());
    long pid = queuePid;
    if (victim == Victim.WORKER) {
      killedWorker = ready.stream().max(String::compareTo).orElseThrow();
      pid = pids.getOrDefault(killedWorker, 0L);
    }
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
  }

  synchronized boolean awaitReady(int workers, long millis) throws InterruptedException {
    return await(() -> ready.size() >= workers, millis);
  }

  /** What became of those that were killed, in words. */
  synchronized String fates() {
    return fate(Victim.WORKER, "1 ") + "; " + fate(Victim.QUEUE, "the queue ");
  }

  private String fate(Victim victim, String who) {
    return who
        + (replaced.contains(victim)
            ? "killed and replaced"
            : killedNanos.containsKey(victim) ? "killed and NOT replaced" : "NOT killed");
  }

  /** Both that were killed have their successors, or {@code millis} have passed. */
  synchronized boolean awaitReplaced(long millis) throws InterruptedException {
    return await(() -> replaced.size() == Victim.values().length, millis);
  }

  private boolean await(BooleanSupplier condition, long millis) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (!condition.getAsBoolean()) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
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
}
