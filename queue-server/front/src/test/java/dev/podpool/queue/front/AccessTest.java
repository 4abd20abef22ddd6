package dev.podpool.queue.front;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PutBlob;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Request;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.session.RandomId;
import io.grpc.Status;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class AccessTest {

  private final QueueLoop queue = QueueLoop.inMemory();
  private final Access access = new Access(queue);

  @AfterEach
  void stop() {
    queue.close();
  }

  /** Somebody with these rights; with none at all, nobody can tell what they may. */
  private record Somebody(Caller.Pod pod, Set<Right> rights) implements Caller {
    @Override
    public String principal() {
      return "somebody";
    }

    @Override
    public boolean isOwner() {
      return false;
    }

    @Override
    public Instant expiry() {
      return null;
    }

    @Override
    public CompletableFuture<Verdict> may(Right right) {
      return CompletableFuture.completedFuture(
          rights.isEmpty()
              ? Verdict.unknown("asleep")
              : rights.contains(right) ? Verdict.YES : Verdict.no("may not " + right.verb()));
    }

    @Override
    public CompletableFuture<Verdict> isKnown() {
      return CompletableFuture.completedFuture(Verdict.YES);
    }
  }

  private Access.Checked check(Request request, Caller caller) {
    return access.check(request, new Gate.Admitted(caller, Right.WORK, Runnable::run)).join();
  }

  private static Request of(Operation.Builder... operations) {
    Batch.Builder batch = Batch.newBuilder().setSession(1).setFirstSequence(1);
    for (Operation.Builder each : operations) {
      batch.addOperations(each);
    }
    return Request.newBuilder().setEpoch(1).setBatch(batch).build();
  }

  private static Operation.Builder define() {
    return Operation.newBuilder()
        .setDefinePool(DefinePool.newBuilder().setPool("p").setUid("u").setMaxAttempts(1));
  }

  private static Operation.Builder put() {
    return Operation.newBuilder().setPutBlob(PutBlob.getDefaultInstance());
  }

  @Test
  void aWorkersSessionIsTakenUpByItsPodAndByNoOtherOfItsAccount() {
    String uid = UUID.randomUUID().toString();
    ByteString nonce = RandomId.of(UUID.fromString(uid));
    Set<Right> work = Set.of(Right.WORK);
    Caller itself = new Somebody(new Caller.Pod("w", uid), work);
    OpenSession opened =
        OpenSession.newBuilder()
            .setPrincipal(itself.principal())
            .setNonce(nonce)
            .setPool("p")
            .setWorker("w")
            .build();

    assertThat(Access.mayResume(itself, opened)).isTrue();
    for (Caller.Pod other :
        new Caller.Pod[] {
          new Caller.Pod("w", UUID.randomUUID().toString()), new Caller.Pod("v", uid), null
        }) {
      assertThat(Access.mayResume(new Somebody(other, work), opened)).as("pod %s", other).isFalse();
    }
    OpenSession ofClient = OpenSession.newBuilder().setPrincipal(itself.principal()).build();
    assertThat(Access.mayResume(new Somebody(null, work), ofClient)).isTrue();
    assertThat(Access.mayResume(itself, opened.toBuilder().setPrincipal("another").build()))
        .isFalse();
  }

  @Test
  void onlyTheOperationThatIsNotAllowedIsRefusedAndTheOthersComeIn() {
    Access.Checked checked =
        check(of(put(), define(), put()), new Somebody(null, Set.of(Right.WORK)));
    assertThat(checked.end().isOk()).isTrue();
    assertThat(checked.request().getBatch().getOperations(0)).isEqualTo(put().build());
    Refusal refusal = checked.request().getBatch().getOperations(1).getRefused().getRefusal();
    assertThat(refusal.getCode()).isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(refusal.getMessage()).isEqualTo("may not manage");
    assertThat(checked.request().getBatch().getOperations(2)).isEqualTo(put().build());
  }

  @Test
  void whatCantBeToldNowEndsTheCallSoThatItIsSentAgain() {
    assertThat(check(of(define()), new Somebody(null, Set.of())).end().getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
  }
}
