package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.AcquireLock;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.ConfirmItem;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReleaseLock;
import dev.podpool.protocol.TaskOutput;
import dev.podpool.sandbox.Bytes;
import dev.podpool.sandbox.Frames;
import dev.podpool.session.QueueAccess;
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.SessionHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A child's way to a queue that answers when it is told to. */
@Timeout(20)
class ChildQueueTest {

  private static final Operation RELEASE =
      Operation.newBuilder().setReleaseLock(ReleaseLock.getDefaultInstance()).build();
  private static final Operation ACQUIRE =
      Operation.newBuilder().setAcquireLock(AcquireLock.getDefaultInstance()).build();

  private final SlowQueue slow = new SlowQueue();
  private final ArrayDeque<Runnable> mailbox = new ArrayDeque<>();
  private Selector selector;
  private SocketChannel child;
  private Connection connection;
  private ChildQueue queue;
  private long calls;

  @BeforeEach
  void connect() throws IOException {
    selector = Selector.open();
    SocketChannel accepted;
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      child = SocketChannel.open(server.getLocalAddress());
      accepted = server.accept();
    }
    accepted.configureBlocking(false);
    connection = new Connection(accepted, accepted.register(selector, SelectionKey.OP_READ));
    ChildAccess access = new ChildAccess(slow, "p", RandomId.next(), Duration.ZERO);
    queue = new ChildQueue(connection, access, Runnable::run, mailbox::add);
  }

  @AfterEach
  void hangUp() throws IOException {
    queue.close();
    child.close();
    selector.close();
  }

  /** Sends {@code count} of the child's at once. */
  private void send(int session, Operation operation, int count) throws IOException {
    byte[] bytes = operation.toByteArray();
    Bytes frames = new Bytes(count * (17 + bytes.length));
    for (int i = 0; i < count; i++) {
      frames.putInt(1 + 4 + 8 + bytes.length);
      frames.putByte(Frames.QUEUE_OPERATION);
      frames.putInt(session);
      frames.putLong(++calls);
      frames.putBytes(bytes, 0, bytes.length);
    }
    ByteBuffer all = ByteBuffer.wrap(frames.array(), 0, frames.length());
    while (all.hasRemaining()) {
      child.write(all);
    }
  }

  /** Takes what comes until {@code operations} have come to the queue in all. */
  private void takeUntil(int operations) throws IOException {
    while (slow.taken.size() < operations) {
      selector.select();
      selector.selectedKeys().clear();
      connection.read(queue::take);
    }
  }

  private void runMailbox() {
    for (Runnable next = mailbox.poll(); next != null; next = mailbox.poll()) {
      next.run();
    }
  }

  @Test
  void aChildThatFloodsIsNotReadUntilSomeIsAnswered() throws IOException {
    send(1, RELEASE, 3_000);
    takeUntil(ChildQueue.UNDER_WAY_MAX);
    assertThat(slow.taken).hasSize(ChildQueue.UNDER_WAY_MAX);
    assertThat(connection.isPaused()).isTrue();
    assertThat(selector.selectNow()).as("what waits at the child wakes nobody").isZero();

    slow.answer(1);
    runMailbox();
    assertThat(slow.taken).hasSize(ChildQueue.UNDER_WAY_MAX + 1);
    while (slow.taken.size() < 3_000) {
      slow.answer(slow.unanswered());
      runMailbox();
      if (!connection.isPaused() && slow.taken.size() < 3_000) {
        takeUntil(slow.taken.size() + 1);
      }
    }
  }

  @Test
  void whatWaitsForOthersHoldsUpNothingAndIsRefusedAboveItsLimit() throws IOException {
    send(1, ACQUIRE, ChildQueue.WAITING_MAX + 5);
    send(1, RELEASE, 1);
    takeUntil(ChildQueue.WAITING_MAX + 1);
    assertThat(slow.taken).hasSize(ChildQueue.WAITING_MAX + 1);
    assertThat(slow.taken.get(ChildQueue.WAITING_MAX)).isEqualTo(RELEASE);
    assertThat(connection.isPaused()).isFalse();
  }

  @Test
  void whatIsSentInASessionThatHasEndedIsDroppedAndTheNextBeginsAnother() throws IOException {
    send(1, RELEASE, 1);
    takeUntil(1);
    slow.handler.onEnd(Refusal.newBuilder().setCode(ErrorCode.SESSION_EXPIRED).build());
    runMailbox();
    send(1, RELEASE, 2);
    send(2, ACQUIRE, 1);
    takeUntil(2);
    assertThat(slow.taken).containsExactly(RELEASE, ACQUIRE);
    assertThat(slow.opened).hasSize(2);
    assertThat(slow.opened.get(0).getNonce()).isNotEqualTo(slow.opened.get(1).getNonce());
  }

  @Test
  void aReceiptGoesWithWhatIsSentNextAndWhatIsGivenBackAtOnce() throws IOException {
    Operation receipt =
        Operation.newBuilder().setConfirmItem(ConfirmItem.getDefaultInstance()).build();
    Operation givenBack =
        Operation.newBuilder().setConfirmItem(ConfirmItem.newBuilder().setReturned(true)).build();
    send(1, receipt, 1);
    send(1, givenBack, 1);
    takeUntil(2);
    assertThat(slow.later).containsExactly(receipt);
    queue.close();
    assertThat(slow.taken.get(2).hasCloseSession()).as("behind it").isTrue();
  }

  @Test
  void itsSessionsAreClosedWithTheChild() throws IOException {
    send(1, ACQUIRE, 1);
    takeUntil(1);
    queue.close();
    assertThat(slow.taken.get(1).hasCloseSession()).isTrue();
  }

  private static final class SlowQueue implements QueueAccess {
    final List<OpenSession> opened = new ArrayList<>();
    final List<Operation> taken = new ArrayList<>();
    final List<Operation> later = new ArrayList<>();
    SessionHandler handler;
    private int answered;

    @Override
    public QueueSession open(OpenSession open, SessionHandler of, Duration patience) {
      opened.add(open);
      handler = of;
      return new QueueSession() {
        @Override
        public void send(Operation operation) {
          taken.add(operation);
        }

        @Override
        public void sendLater(Operation operation) {
          later.add(operation);
          taken.add(operation);
        }
      };
    }

    int unanswered() {
      return taken.size() - answered;
    }

    void answer(int count) {
      for (int i = 0; i < count; i++) {
        handler.onDone(taken.get(answered++));
      }
    }

    @Override
    public ReadResponse read(ReadRequest question, Duration atMost) {
      return ReadResponse.getDefaultInstance();
    }

    @Override
    public void fetch(Blob blob, OutputStream into, Duration atMost) {}

    @Override
    public void follow(OutputQuery query, Consumer<TaskOutput> each) {}

    @Override
    public void close() {}
  }
}
