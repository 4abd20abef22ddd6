package dev.podpool.operator.cluster;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.WorkerStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * A queue that a test speaks for. It knows a pool when that is defined, and remembers what it is
 * told.
 */
final class FakeQueue implements PoolQueue {

  private final Map<String, PoolStatus> pools = new ConcurrentHashMap<>();
  private final Map<String, DefinePool> definitions = new ConcurrentHashMap<>();
  private final Map<String, Long> published = new ConcurrentHashMap<>();
  private final List<String> told = new ArrayList<>(); // guarded by itself
  private final Consumer<String> news;
  private final Consumer<PoolStatus> processes;
  private volatile boolean reachable = true;
  private volatile int generation = 1;

  /** {@code news} takes names of pools, {@code processes} those that are processes. */
  FakeQueue(Consumer<String> news, Consumer<PoolStatus> processes) {
    this.news = news;
    this.processes = processes;
  }

  // ---- what a test has it say

  /** Has {@code pool} look as {@code change} makes it look. */
  void say(String pool, Consumer<PoolStatus.Builder> change) {
    pools.compute(
        pool,
        (name, before) -> {
          PoolStatus.Builder next =
              before == null ? PoolStatus.newBuilder().setPool(name) : before.toBuilder();
          change.accept(next);
          return next.setQueueIndex(next.getQueueIndex() + 1).build();
        });
    tellOf(pool);
  }

  private void tellOf(String pool) {
    PoolStatus now = pools.get(pool);
    if (now != null && now.hasProcess()) {
      processes.accept(now);
    }
    news.accept(pool);
  }

  /** Has it say again all that it knows, as a queue does to whoever begins to listen. */
  void sayAll() {
    pools.keySet().forEach(this::tellOf);
  }

  /** Has it know that pool no more. */
  void forgets(String pool) {
    pools.remove(pool);
    news.accept(pool);
  }

  /** Has the worker of that pod be there, with so many items. */
  void join(String pool, String worker, ByteString nonce, int leased) {
    say(
        pool,
        status -> {
          for (int i = status.getWorkersCount() - 1; i >= 0; i--) {
            if (status.getWorkers(i).getWorker().equals(worker)) {
              status.removeWorkers(i);
            }
          }
          status.addWorkers(
              WorkerStatus.newBuilder()
                  .setWorker(worker)
                  .setNonce(nonce)
                  .setSlots(1)
                  .setWindow(2)
                  .setLeased(leased));
        });
  }

  void reachable(boolean is) {
    reachable = is;
    pools.keySet().forEach(news);
  }

  // ---- what it was told

  DefinePool definition(String pool) {
    return definitions.get(pool);
  }

  List<String> told() {
    synchronized (told) {
      return List.copyOf(told);
    }
  }

  long published(String pool) {
    return published.getOrDefault(pool, -1L);
  }

  private void tell(String what) {
    synchronized (told) {
      told.add(what);
    }
  }

  @Override
  public QueueView view(String pool) {
    return new QueueView(reachable, pools.get(pool));
  }

  @Override
  public int generation() {
    return generation;
  }

  @Override
  public void define(DefinePool definition) {
    definitions.put(definition.getPool(), definition);
    tell("define " + definition.getPool());
    say(definition.getPool(), status -> status.setUid(definition.getUid()));
  }

  @Override
  public String problem(String pool) {
    return "";
  }

  @Override
  public void delete(String pool, String uid) {
    tell("delete " + pool);
    pools.computeIfPresent(pool, (name, status) -> status.getUid().equals(uid) ? null : status);
    news.accept(pool);
  }

  @Override
  public void cordon(String pool, String worker, boolean cordoned) {
    tell((cordoned ? "cordon " : "uncordon ") + worker);
    say(
        pool,
        status -> {
          for (WorkerStatus.Builder each : status.getWorkersBuilderList()) {
            if (each.getWorker().equals(worker)) {
              each.setCordoned(cordoned);
            }
          }
        });
  }

  @Override
  public void ended(ByteString nonce, WorkerEnd end) {
    tell("ended " + end.exitCode() + " " + end.cause() + (end.disrupted() ? " disrupted" : ""));
    for (String pool : pools.keySet()) {
      say(
          pool,
          status -> {
            for (int i = status.getWorkersCount() - 1; i >= 0; i--) {
              if (status.getWorkers(i).getNonce().equals(nonce)) {
                status.removeWorkers(i);
              }
            }
          });
    }
  }

  @Override
  public void signal(String process, int signal) {
    tell("signal " + signal);
  }

  @Override
  public void lost(String process, String reason, String words) {
    tell("lost " + reason + " " + words);
  }

  @Override
  public void forget(String pool) {
    tell("forget " + pool);
  }

  @Override
  public void published(String pool, boolean joined, long index) {
    published.put(pool, index);
  }
}
