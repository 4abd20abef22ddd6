package dev.podpool.operator.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.AsyncResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;

/** Knows the processes of a runtime, and waits for what becomes of them. */
final class Crew implements RuntimeEvents {

  private final List<ProcessHandle> all = new ArrayList<>();
  private final Map<String, ProcessHandle> alive = new LinkedHashMap<>();
  private final Map<String, ProcessHandle> ready = new LinkedHashMap<>();
  private final List<Long> queues = new ArrayList<>();
  private int ended;
  private int died;

  @Override
  public synchronized void queueReady(long pid) {
    all.add(ProcessHandle.of(pid).orElseThrow());
    queues.add(pid);
    notifyAll();
  }

  /** Sends SIGKILL to the queue's process, and returns when the next one serves. */
  synchronized void killQueue() throws InterruptedException {
    while (queues.isEmpty()) {
      wait(); // its event comes behind the start
    }
    int before = queues.size();
    ProcessHandle.of(queues.getLast()).orElseThrow().destroyForcibly();
    while (queues.size() == before) {
      wait();
    }
  }

  @Override
  public synchronized void workerStarted(String worker, long pid) {
    ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
    assertThat(alive.put(worker, process)).as("two processes in the place of " + worker).isNull();
    all.add(process);
  }

  @Override
  public synchronized void workerReady(String worker) {
    ready.put(worker, alive.get(worker));
    notifyAll();
  }

  @Override
  public synchronized void workerEnded(String worker, boolean asked, int exitCode) {
    alive.remove(worker);
    ready.remove(worker);
    ended++;
    died += asked ? 0 : 1;
    notifyAll();
  }

  /** Number of worker processes that were started. */
  synchronized int started() {
    return all.size() - queues.size();
  }

  /** That worker, once it was said to be ready: a report may say so before the event comes. */
  synchronized ProcessHandle worker(String name) throws InterruptedException {
    while (!ready.containsKey(name)) {
      wait();
    }
    return ready.get(name);
  }

  synchronized int died() {
    return died;
  }

  synchronized void awaitReady(int workers) throws InterruptedException {
    while (ready.size() < workers) {
      wait();
    }
  }

  synchronized void awaitEnded(int workers) throws InterruptedException {
    while (ended < workers) {
      wait();
    }
  }

  void awaitProgress(AsyncResult<?> result, long done) throws InterruptedException {
    CountDownLatch reached = new CountDownLatch(1);
    var unused =
        result.onProgress(
            progress -> {
              if (progress.done() >= done) {
                reached.countDown();
              }
            });
    reached.await();
  }

  /** Sends SIGKILL to one that works, once there is one. */
  synchronized void killOne(SplittableRandom random) throws InterruptedException {
    awaitReady(1);
    List<ProcessHandle> candidates = List.copyOf(ready.values());
    candidates.get(random.nextInt(candidates.size())).destroyForcibly();
  }

  static void signal(String signal, ProcessHandle process)
      throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
  }

  /** Every process, and every child of one, is gone; they may take a moment to notice. */
  synchronized void assertNoneIsLeft() {
    for (ProcessHandle process : all) {
      assertThat(process.onExit()).succeedsWithin(Duration.ofSeconds(20));
      assertThat(process.descendants()).isEmpty();
    }
  }
}
