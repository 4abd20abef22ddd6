package dev.podpool.queue.front;

import dev.podpool.protocol.Pools;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.queue.loop.QueueLoop;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/** Questions: answered from the machine's state. */
final class ReadCalls implements Gate.Handler<ReadRequest, ReadResponse> {

  private final QueueLoop queue;
  private final PoolWatches watches;

  ReadCalls(QueueLoop queue, PoolWatches watches) {
    this.queue = queue;
    this.watches = watches;
  }

  @Override
  public ServerCall.Listener<ReadRequest> start(
      ServerCall<ReadRequest, ReadResponse> call, Gate.Admitted admitted) {
    call.request(1);
    return new ServerCall.Listener<>() {
      @Override
      public void onMessage(ReadRequest question) {
        String unknown = KnownFields.firstUnknown(question);
        if (unknown != null) {
          call.close(
              Status.UNIMPLEMENTED.withDescription(
                  unknown + " is not known to this queue: update it before its clients"),
              new Metadata());
          return;
        }
        if (!Access.mayAsk(admitted.by(), question)) {
          call.close(
              Status.PERMISSION_DENIED.withDescription(
                  admitted.caller().principal()
                      + " may ask about what processes share, as a worker, and not to "
                      + Right.READ.verb()
                      + " more of this queue"),
              new Metadata());
          return;
        }
        var _ =
            queue
                .read(machine -> machine.read(question))
                .thenApply(answer -> answer.hasPools() ? withPublished(answer) : answer)
                .whenComplete((answer, failure) -> end(call, answer, failure));
      }
    };
  }

  private ReadResponse withPublished(ReadResponse answer) {
    Pools.Builder pools = Pools.newBuilder();
    answer
        .getPools()
        .getPoolsList()
        .forEach(status -> pools.addPools(watches.withPublished(status)));
    return ReadResponse.newBuilder().setPools(pools).build();
  }

  private static void end(
      ServerCall<ReadRequest, ReadResponse> call, ReadResponse answer, Throwable failure) {
    if (failure == null) {
      call.sendHeaders(new Metadata());
      call.sendMessage(answer);
      call.close(Status.OK, new Metadata());
    } else {
      call.close(Status.UNAVAILABLE.withDescription(failure.getMessage()), new Metadata());
    }
  }
}
