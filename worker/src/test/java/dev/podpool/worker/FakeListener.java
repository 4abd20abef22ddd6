package dev.podpool.worker;

import dev.podpool.protocol.JobHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Notes what a worker's children do, and lets a test wait for it. */
final class FakeListener implements WorkerListener {
  final Map<Integer, Long> live = new TreeMap<>(); // slot to pid, of ready ones
  final List<Long> started = new ArrayList<>();
  final List<String> ended = new ArrayList<>();
  final StringBuilder out = new StringBuilder();
  final StringBuilder err = new StringBuilder();
  final StringBuilder unowned = new StringBuilder(); // standard output, not System.out
  final StringBuilder unownedErr = new StringBuilder();

  @Override
  public synchronized void childStarted(int slot, long pid) {
    started.add(pid);
    notifyAll();
  }

  @Override
  public synchronized void childReady(int slot, long pid) {
    live.put(slot, pid);
    notifyAll();
  }

  @Override
  public synchronized void childEnded(int slot, long pid, String cause) {
    live.remove(slot);
    ended.add(cause);
    notifyAll();
  }

  @Override
  public synchronized void output(int slot, JobHeader job, long index, int stream, String text) {
    StringBuilder outputs = job == null ? unowned : out;
    (stream == 1 ? outputs : job == null ? unownedErr : err).append(text);
    notifyAll();
  }

  synchronized void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(FakeQueue.WAIT_SECONDS);
    while (!condition.getAsBoolean()) {
      long millis = (end - System.nanoTime()) / 1_000_000;
      if (millis <= 0) {
        throw new AssertionError(
            "waited; ended " + ended + ", out " + out + ", unowned " + unowned);
      }
      wait(millis);
    }
  }

  synchronized List<Long> pids() {
    return List.copyOf(live.values());
  }
}
