package dev.podpool.operator.local;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Tells the owner of what happens to processes, in a thread of its own: the owner may be slow. */
final class EventRelay implements RuntimeEvents, AutoCloseable {

  private final RuntimeEvents owner;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("podpool-events").factory());

  EventRelay(RuntimeEvents owner) {
    this.owner = owner;
  }

  @Override
  public void queueReady(long pid) {
    thread.execute(() -> owner.queueReady(pid));
  }

  @Override
  public void queueEnded(long pid, int exitCode) {
    thread.execute(() -> owner.queueEnded(pid, exitCode));
  }

  @Override
  public void workerStarted(String worker, long pid) {
    thread.execute(() -> owner.workerStarted(worker, pid));
  }

  @Override
  public void workerReady(String worker) {
    thread.execute(() -> owner.workerReady(worker));
  }

  @Override
  public void workerEnded(String worker, boolean asked, int exitCode) {
    thread.execute(() -> owner.workerEnded(worker, asked, exitCode));
  }

  @Override
  public void output(String worker, int stream, String text) {
    owner.output(worker, stream, text);
  }

  /** What was told before is still passed on; nothing may be told afterwards. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
