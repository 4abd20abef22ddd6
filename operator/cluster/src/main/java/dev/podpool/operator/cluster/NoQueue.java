package dev.podpool.operator.cluster;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.DefinePool;

/** Stands for a queue that does not exist. */
final class NoQueue implements PoolQueue {

  @Override
  public QueueView view(String pool) {
    return QueueView.UNHEARD;
  }

  @Override
  public int generation() {
    return 0;
  }

  @Override
  public void define(DefinePool definition) {}

  @Override
  public String problem(String pool) {
    return "";
  }

  @Override
  public void delete(String pool, String uid) {}

  @Override
  public void cordon(String pool, String worker, boolean cordoned) {}

  @Override
  public void ended(ByteString nonce, WorkerEnd end) {}

  @Override
  public void signal(String process, int signal) {}

  @Override
  public void lost(String process, String reason, String words) {}

  @Override
  public void forget(String pool) {}

  @Override
  public void published(String pool, boolean joined, long index) {}
}
