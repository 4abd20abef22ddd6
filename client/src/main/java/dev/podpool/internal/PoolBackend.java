package dev.podpool.internal;

import com.google.protobuf.ByteString;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.time.Duration;
import java.util.List;
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
   * Sees what a job will run, before the job is submitted.
   *
   * @throws dev.podpool.function.CaptureException if it can't run there
   */
  default void admit(ByteString jobId, CapturedFunction function) {}

  /**
   * The class path that jobs are submitted with; empty where the workers have the code. Blocks
   * until it is there.
   *
   * @throws dev.podpool.PodpoolException if it can't be handed in
   * @throws dev.podpool.function.CaptureException if it can't travel
   */
  default List<CodeArchive> code() {
    return List.of();
  }

  /** The queue has forgotten what {@link #code} had there: the next call has it there again. */
  default void codeIsGone() {}

  /** Where large inputs and results are kept. Null: with the others, whatever their size. */
  default @Nullable BlobStore blobs() {
    return null;
  }

  /**
   * Where this JVM prints what functions print: waits until what came before the results that are
   * here is printed, or a moment has passed.
   */
  default void awaitPrinted() throws InterruptedException {}

  /** Opens a client's session. Called once. */
  QueueSession open(SessionHandler handler);

  /**
   * Ends what was started for this handle, and waits until it is gone. Called once, when every job
   * has ended: what still runs is no longer wanted, and is killed.
   */
  void close();
}
