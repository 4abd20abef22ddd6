package dev.podpool.queue.front;

import dev.podpool.queue.loop.NotLeadingException;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.rpc.QueueRpc;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Of several replicas the leader answers. Who calls another is told where that is, and whose call
 * is under way when this one leads no more, too.
 */
final class Leading {

  private final QueueLoop queue;
  private final Map<String, String> addresses;
  private final Set<Gate<?, ?>> calls = ConcurrentHashMap.newKeySet();

  /**
   * For calls to {@code queue}.
   *
   * @param addresses where clients reach the replicas, {@code host:port}, by name
   */
  Leading(QueueLoop queue, Map<String, String> addresses) {
    this.queue = queue;
    this.addresses = addresses;
    queue.onFollow(() -> calls.forEach(Gate::redirect));
  }

  /** Whether this replica leads. */
  boolean isHere() {
    return queue.leads();
  }

  /** Whether another replica is known to lead. */
  boolean isElsewhere() {
    return queue.leader() != null && !queue.leads();
  }

  /** As {@link #isHere}; and {@code call} is ended when it does so no more. */
  boolean isHereFor(Gate<?, ?> call) {
    calls.add(call);
    return queue.leads();
  }

  void over(Gate<?, ?> call) {
    calls.remove(call);
  }

  /** What a call is ended with here. */
  Status status() {
    return Status.UNAVAILABLE.withDescription(new NotLeadingException(queue.leader()).getMessage());
  }

  /**
   * What the end of a call says beside: where to call instead, if that is known. Nothing where it
   * is here.
   */
  Metadata trailers() {
    Metadata trailers = new Metadata();
    String leader = queue.leader();
    if (!addresses.isEmpty() && !queue.leads()) {
      trailers.put(QueueRpc.LEADER, leader == null ? "" : addresses.getOrDefault(leader, ""));
    }
    return trailers;
  }
}
