package dev.podpool.operator.cluster;

import com.google.protobuf.ByteString;
import dev.podpool.crd.QueueCluster;
import dev.podpool.protocol.DefinePool;

/**
 * What the operator says to one queue about its pools, and has heard from it. Nothing here waits:
 * what is said may be lost with its session, which {@link #generation} tells, and what is heard is
 * of when the queue last spoke. Thread-safe.
 */
interface PoolQueue {

  /** One that is not there: never heard, and told nothing. */
  PoolQueue NONE = new NoQueue();

  /** What is known of {@code pool}. */
  QueueView view(String pool);

  /** Which session what is said next goes to: what was said in an earlier one may be lost. */
  int generation();

  /** Has the queue know a pool, or its changed settings. */
  void define(DefinePool definition);

  /** Why the queue refuses {@code pool} as it was last defined; empty if it does not. */
  String problem(String pool);

  /** Has the queue forget the pool with that uid. */
  void delete(String pool, String uid);

  /** Has the queue give that worker no more work, or give it work again. */
  void cordon(String pool, String worker, boolean cordoned);

  /** Tells the queue how the worker ended whose session was opened with {@code nonce}. */
  void ended(ByteString nonce, WorkerEnd end);

  /** Has the queue end that process as by a signal: 15 in its own way, 9 for good. */
  void signal(String process, int signal);

  /**
   * Tells the queue that no worker of that process will come, which so has failed.
   *
   * @param reason one CamelCase word
   * @param words for people
   */
  void lost(String process, String reason, String words);

  /** Nobody asks about {@code pool} any more: it is gone. */
  void forget(String pool);

  /**
   * Tells the queue what is published of {@code pool}: who submits a job waits for it.
   *
   * @param joined whether its condition Joined is true
   * @param index at which that was so, at the least
   */
  void published(String pool, boolean joined, long index);

  /**
   * How a worker ended.
   *
   * @param exitCode negative N where signal N ended it; 0 where that is not known
   * @param cause for people
   * @param disrupted whether the cluster took its place away: no item is charged for that
   */
  record WorkerEnd(int exitCode, String cause, boolean disrupted) {}

  /** All queues of a cluster. */
  interface All extends AutoCloseable {

    /** The queue of that QueueCluster. */
    PoolQueue of(QueueCluster queue);

    /** That QueueCluster is gone. */
    void close(QueueCluster queue);

    /** Leaves all queues. */
    @Override
    void close();
  }
}
