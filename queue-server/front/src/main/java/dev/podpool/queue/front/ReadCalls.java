package dev.podpool.queue.front;

import dev.podpool.protocol.Pools;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.queue.QueueMachine;
import dev.podpool.queue.loop.KnownFields;
import dev.podpool.queue.loop.QueueLoop;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Questions: answered from the machine's state. */
final class ReadCalls implements Gate.Handler<ReadRequest, ReadResponse> {

  private final QueueLoop queue;
  private final PoolWatches watches;
  private final Leading leading;

  ReadCalls(QueueLoop queue, PoolWatches watches, Leading leading) {
    this.queue = queue;
    this.watches = watches;
    this.leading = leading;
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
        var _ =
            queue
                .read(machine -> answer(machine, question, admitted))
                .whenComplete((answer, failure) -> end(call, answer, admitted, failure));
      }
    };
  }

  /** Null: it may not be asked. */
  private @Nullable ReadResponse answer(
      QueueMachine machine, ReadRequest question, Gate.Admitted by) {
    return Access.mayAsk(by.by(), by.caller(), question, machine) ? machine.read(question) : null;
  }

  private ReadResponse withPublished(ReadResponse answer) {
    Pools.Builder pools = Pools.newBuilder();
    answer
        .getPools()
        .getPoolsList()
        .forEach(status -> pools.addPools(watches.withPublished(status)));
    return ReadResponse.newBuilder().setPools(pools).build();
  }

  private void end(
      ServerCall<ReadRequest, ReadResponse> call,
      @Nullable ReadResponse answer,
      Gate.Admitted by,
      @Nullable Throwable failure) {
    if (failure != null) {
      Throwable why = failure instanceof CompletionException ? failure.getCause() : failure;
      call.close(
          Status.UNAVAILABLE.withDescription(why == null ? "" : why.getMessage()),
          leading.trailers());
    } else if (answer == null) {
      call.close(
          Status.PERMISSION_DENIED.withDescription(
              by.caller().principal()
                  + " may ask about what processes share, and about processes that it has started,"
                  + " as a worker, and not to "
                  + Right.READ.verb()
                  + " more of this queue"),
          new Metadata());
    } else {
      call.sendHeaders(new Metadata());
      call.sendMessage(answer.hasPools() ? withPublished(answer) : answer);
      call.close(Status.OK, new Metadata());
    }
  }
}
