package dev.podpool.internal;

import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where a pool's work goes: a queue, and the workers that this handle is responsible for. */
public interface PoolBackend {

  /** Name of the pool in its queue. */
  String pool();

  /** Items that can run at once when all workers are up; for default chunks. At least 1. */
  int slots();

  /** How long an item of a job that does not say may run. Null: no limit. */
  @Nullable Duration itemTimeout();

  /**
   * Whether its processes are started on this JVM's class path, and get no code but that: then a
   * function that is not there is refused at submission.
   */
  default boolean needsClassPath() {
    return false;
  }

  /** Opens a client's session. Called once. */
  QueueSession open(SessionHandler handler);

  /**
   * Ends what was started for this handle, and waits until it is gone. Called once, when every job
   * has ended: what still runs is no longer wanted, and is killed.
   */
  void close();
}
