package dev.podpool.operator.cluster;

import com.google.protobuf.ByteString;
import dev.podpool.operator.control.Control;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PoolsChange;
import dev.podpool.protocol.PublishedPool;
import dev.podpool.protocol.WorkerStatus;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.PoolsWatcher;
import dev.podpool.rpc.QueueConnection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * One queue over one connection: it says what changes, and is never asked.
 *
 * <p>News is what a plan or a condition depends on. Counts that only rise and fall are none:
 * whoever publishes them looks by itself.
 */
final class QueueLink implements PoolQueue, AutoCloseable {

  private final QueueConnection connection;
  private final Control control;
  private final PoolsWatcher watcher;
  private final Consumer<String> news;
  private final Consumer<PoolStatus> processes;
  private final Leftovers leftovers;
  private final Map<String, PoolStatus> pools = new ConcurrentHashMap<>();
  private final Map<String, Published> published = new ConcurrentHashMap<>();
  private final Set<String> asked = ConcurrentHashMap.newKeySet();
  private volatile long index;
  private volatile boolean reachable;

  private record Published(String uid, boolean joined) {}

  /** Sees to pools of a queue that nobody has asked about. Must not wait. */
  interface Leftovers {
    void found(String pool, String uid);
  }

  /**
   * Connects at once, and for as long as it takes.
   *
   * @param source tells where the queue is, and what opens it
   * @param news takes the name of a pool that should be looked at
   * @param processes takes each process of which there is news. Must not wait
   */
  QueueLink(
      Endpoint.Source source,
      Consumer<String> news,
      Consumer<PoolStatus> processes,
      Leftovers leftovers) {
    this.news = news;
    this.processes = processes;
    this.leftovers = leftovers;
    connection = new QueueConnection(source);
    control = new Control(connection, news, this::allNews);
    watcher = new PoolsWatcher(connection, new Heard());
    watcher.start();
  }

  private void allNews() {
    asked.forEach(news);
  }

  // ---- what was heard

  @Override
  public QueueView view(String pool) {
    asked.add(pool);
    PoolStatus said = pools.get(pool);
    return new QueueView(
        reachable, said == null ? null : said.toBuilder().setQueueIndex(index).build());
  }

  private final class Heard implements PoolsWatcher.Listener {

    @Override
    public void changed(PoolsChange change, boolean isAll) {
      boolean wasReachable = reachable;
      Set<String> changed = new HashSet<>(change.getGoneList());
      for (PoolStatus pool : change.getChangedList()) {
        PoolStatus before = pools.put(pool.getPool(), pool);
        if (before == null || !facts(before).equals(facts(pool))) {
          changed.add(pool.getPool());
        }
      }
      if (isAll) {
        Set<String> there = new HashSet<>(pools.keySet());
        change.getChangedList().forEach(pool -> there.remove(pool.getPool()));
        changed.addAll(there);
        pools.keySet().removeAll(there);
        change.getChangedList().stream()
            .filter(pool -> !pool.hasProcess() && !asked.contains(pool.getPool()))
            .forEach(pool -> leftovers.found(pool.getPool(), pool.getUid()));
      }
      pools.keySet().removeAll(change.getGoneList());
      index = change.getQueueIndex();
      reachable = true;
      if (wasReachable) {
        changed.forEach(news);
      } else {
        allNews();
      }
      change.getChangedList().stream().filter(PoolStatus::hasProcess).forEach(processes);
      published.forEach((pool, said) -> publish(pool, said));
    }

    @Override
    public void lost(String why) {
      if (reachable) {
        reachable = false;
        allNews();
      }
    }
  }

  /** What is worth a look as soon as it changes. */
  private static Object facts(PoolStatus pool) {
    return List.of(
        pool.getUid(),
        pool.getReady() + pool.getLeased() == 0,
        pool.getFailure(),
        pool.getProcess().getPid(),
        pool.getProcess().getExited(),
        pool.getWorkersList().stream().map(QueueLink::facts).toList());
  }

  private static Object facts(WorkerStatus worker) {
    return List.of(
        worker.getNonce(), worker.getCordoned(), worker.getWindow() > 0, worker.getLeased() == 0);
  }

  // ---- what is published

  @Override
  public void published(String pool, boolean joined, long atIndex) {
    PoolStatus there = pools.get(pool);
    if (there != null) {
      Published said = new Published(there.getUid(), joined);
      published.put(pool, said);
      publish(pool, said);
    }
  }

  /** What was published is true now too, where the pool is as it was in that. */
  private void publish(String pool, Published said) {
    PoolStatus now = pools.get(pool);
    if (now == null || !now.getUid().equals(said.uid())) {
      published.remove(pool, said);
    } else if ((now.getReady() + now.getLeased() == 0) == said.joined()) {
      watcher.publish(
          PublishedPool.newBuilder().setPool(pool).setUid(said.uid()).setQueueIndex(index).build());
    }
  }

  // ---- what is said

  @Override
  public int generation() {
    return control.generation();
  }

  @Override
  public void define(DefinePool definition) {
    control.define(definition);
  }

  @Override
  public String problem(String pool) {
    return control.problem(pool);
  }

  @Override
  public void delete(String pool, String uid) {
    PoolStatus there = pools.get(pool);
    if (there == null || there.getUid().equals(uid)) {
      asked.remove(pool);
    }
    control.delete(pool, uid);
  }

  @Override
  public void cordon(String pool, String worker, boolean cordoned) {
    control.cordon(pool, worker, cordoned);
  }

  @Override
  public void ended(ByteString nonce, WorkerEnd end) {
    control.ended(nonce, end.exitCode(), end.cause(), end.disrupted());
  }

  @Override
  public void signal(String process, int signal) {
    control.signal(process, signal);
  }

  @Override
  public void lost(String process, String reason, String words) {
    control.lost(process, reason, words);
  }

  @Override
  public void forget(String pool) {
    asked.remove(pool);
  }

  @Override
  public void close() {
    watcher.close();
    connection.close();
  }
}
