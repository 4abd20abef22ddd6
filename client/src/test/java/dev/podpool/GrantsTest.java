package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.protocol.Blob;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.LockGranted;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.PermitsGranted;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.TaskOutput;
import dev.podpool.session.QueueAccess;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Grants of a session that ends as they arrive: before the thread that waits for them has run on.
 * There is no queue: this answers within the call that sends.
 */
@Timeout(60)
class GrantsTest {

  private final List<Operation> sent = new ArrayList<>();
  private final QueueLink link = new QueueLink(new Fleeting(), Duration.ofHours(1));
  private final AtomicInteger lost = new AtomicInteger();
  private boolean fleeting = true;
  private Runnable expire = () -> {};

  /** A queue whose sessions expire with each grant, where they are fleeting. */
  private final class Fleeting implements QueueAccess {
    private long token;

    @Override
    public QueueSession open(OpenSession open, SessionHandler handler, Duration patience) {
      expire = () -> expire(handler);
      return operation -> {
        sent.add(operation);
        switch (operation.getKindCase()) {
          case ACQUIRE_LOCK, AWAIT_CONDITION ->
              grant(
                  operation,
                  handler,
                  Reply.newBuilder().setLockGranted(LockGranted.newBuilder().setToken(++token)));
          case ACQUIRE_PERMITS ->
              grant(
                  operation,
                  handler,
                  Reply.newBuilder().setPermitsGranted(PermitsGranted.getDefaultInstance()));
          case HOLD_END -> {
            if (fleeting) {
              expire(handler); // before it is answered: it is sent again, in the next session
            }
            handler.onDone(operation);
          }
          case RELEASE_LOCK ->
              handler.onReply(
                  operation,
                  Reply.newBuilder()
                      .setRefusal(Refusal.newBuilder().setCode(ErrorCode.LOCK_LOST))
                      .build());
          default -> handler.onDone(operation);
        }
      };
    }

    private void grant(Operation operation, SessionHandler handler, Reply.Builder reply) {
      handler.onReply(operation, reply.build());
      if (fleeting) {
        expire(handler);
      }
    }

    private static void expire(SessionHandler handler) {
      Refusal expired = Refusal.newBuilder().setCode(ErrorCode.SESSION_EXPIRED).build();
      assertThat(handler.onExpired(expired, List.of())).isNotNull();
    }

    @Override
    public ReadResponse read(ReadRequest question, Duration atMost) {
      throw new AssertionError("nobody asks");
    }

    @Override
    public void fetch(Blob blob, OutputStream into, Duration atMost) {
      throw new AssertionError("nobody fetches");
    }

    @Override
    public void follow(OutputQuery query, Consumer<TaskOutput> each) {
      throw new AssertionError("nobody follows");
    }

    @Override
    public void close() {}
  }

  @Test
  void anEndThatIsHeldInTheNextSessionIsClosedThere() throws Exception {
    Pipe<Integer> pipe =
        new Pipe<>(link.objects(), true, ValueCodec.of(link.objects(), Integer.class));
    pipe.second().close(); // whose session was the last to expire

    assertThat(sent).last().matches(Operation::hasCloseEnd, "closes the end");
  }

  private SharedLock lock() {
    SharedLock lock = new SharedLock(link.objects(), SharedLock.ref("basket"), SharedLock.SPEC);
    lock.onLost(lost::incrementAndGet);
    return lock;
  }

  @Test
  void whoLocksIsToldOfTheLoss() throws Exception {
    SharedLock lock = lock();
    lock.lock();
    assertThat(lost).hasValue(1);
    assertThatThrownBy(lock::unlock).isInstanceOf(LockLostException.class);
    lock.lockInterruptibly();
    assertThat(lost).hasValue(2);
    assertThat(lock.tryLock()).isTrue();
    assertThat(lost).hasValue(3);
  }

  @Test
  void whatWasReleasedByOthersIsNoLossOnceTheLockIsHeldAgain() {
    fleeting = false;
    SharedLock lock = lock();
    lock.lock(); // and then others have released it
    lock.lock();
    expire.run();
    assertThat(lost).hasValue(1);
  }

  @Test
  void whoHasTheLockAgainAfterAWaitIsToldOfTheLoss() throws Exception {
    SharedLock lock = lock();
    SharedCondition condition = lock.newCondition();
    lock.lock();
    condition.await();
    assertThat(lost).hasValue(2);
    condition.awaitUninterruptibly();
    assertThat(lost).hasValue(3);
  }

  @Test
  void permitsThatWereLostAreNotReleased() throws Exception {
    SharedSemaphore semaphore =
        new SharedSemaphore(
            link.objects(), SharedSemaphore.ref("door"), SharedSemaphore.spec(2, false));
    semaphore.acquire();
    assertThat(semaphore.tryAcquire()).isTrue();
    assertThatThrownBy(semaphore::release).isInstanceOf(LockLostException.class);
    assertThatThrownBy(semaphore::release).isInstanceOf(LockLostException.class);
    assertThat(sent).noneMatch(Operation::hasReleasePermits);
    semaphore.release(); // as anybody may
    assertThat(sent).anyMatch(Operation::hasReleasePermits);
  }

  @Test
  void whoeverSynchronizesOnAHandleHoldsUpNoConnection() throws Exception {
    SharedLock lock = lock();
    SharedSemaphore semaphore =
        new SharedSemaphore(
            link.objects(), SharedSemaphore.ref("door"), SharedSemaphore.spec(2, false));
    Thread user =
        new Thread(
            () -> {
              lock.lock();
              semaphore.acquireUninterruptibly();
            });
    synchronized (lock) {
      synchronized (semaphore) {
        user.start();
        user.join();
      }
    }
    assertThat(lost).hasValue(1);
  }
}
