package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ItemTaken;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.OutputQuery;
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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client says of an item that it has got, to a queue that always has one. */
@Timeout(60)
class ReceiptsTest {

  private static final ReadRequest QUESTION = ReadRequest.getDefaultInstance();

  private final Full full = new Full();
  private final QueueLink link = new QueueLink(full, Duration.ofHours(1));
  private final SharedQueue<Integer> queue =
      new SharedQueue<>(
          link.objects(), SharedQueue.ref("q"), null, ValueCodec.of(link.objects(), Integer.class));

  @Test
  void areSentLater() throws Exception {
    assertThat(queue.get()).isEqualTo(7);
    assertThat(full.sent).singleElement().matches(Operation::hasTakeItem);
    assertThat(full.later).singleElement().matches(Operation::hasConfirmItem);
  }

  @Test
  void comeBeforeWhatMustSeeThem() throws Exception {
    queue.get();
    Thread asking = asking();
    while (asking.isAlive() && asking.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    assertThat(full.asked.getCount()).isEqualTo(1);
    full.later.forEach(full.handler::onDone);
    asking.join();
    assertThat(full.asked.getCount()).isZero();
  }

  @Test
  void areVoidOnceTheSessionHasExpired() throws Exception {
    queue.get();
    Refusal expired = Refusal.newBuilder().setCode(ErrorCode.SESSION_EXPIRED).build();
    assertThat(link.onExpired(expired, List.copyOf(full.later)).first())
        .noneMatch(Operation::hasConfirmItem);
    Thread asking = asking();
    // Half of what it would wait for one that is under way.
    assertThat(full.asked.await(5, TimeUnit.SECONDS)).isTrue();
    asking.join();
  }

  @Test
  void anItemOfASessionThatHasExpiredIsNotDoneInThePlaceOfAnother() throws Exception {
    SharedJoinableQueue<Integer> joinable =
        new SharedJoinableQueue<>(
            link.objects(),
            SharedQueue.ref("q"),
            null,
            ValueCodec.of(link.objects(), Integer.class));
    joinable.get();
    long delivery = full.sent.size();
    link.onExpired(
        Refusal.newBuilder().setCode(ErrorCode.SESSION_EXPIRED).build(), List.copyOf(full.later));
    Thread other =
        new Thread(
            () -> {
              var unused = joinable.getNowait();
            });
    other.start();
    other.join();
    joinable.taskDone();
    assertThat(full.sent.get(full.sent.size() - 1).getTaskDone().getDelivery()).isEqualTo(delivery);
  }

  @Test
  void anEndOfAPipeIsClosedInTheSessionThatHoldsItAndInNoOther() {
    Pipe<Integer> pipe =
        new Pipe<>(link.objects(), true, ValueCodec.of(link.objects(), Integer.class));
    pipe.second().close();
    assertThat(full.sent).filteredOn(Operation::hasCloseEnd).hasSize(1);
    link.onExpired(
        Refusal.newBuilder().setCode(ErrorCode.SESSION_EXPIRED).build(), List.copyOf(full.later));
    pipe.first().close();
    assertThat(full.sent).filteredOn(Operation::hasCloseEnd).hasSize(1);
  }

  private Thread asking() {
    Thread asking = new Thread(() -> link.readAfterFarewells(QUESTION));
    asking.start();
    return asking;
  }

  private static final class Full implements QueueAccess, QueueSession {
    final List<Operation> sent = new CopyOnWriteArrayList<>();
    final List<Operation> later = new CopyOnWriteArrayList<>();
    final CountDownLatch asked = new CountDownLatch(1);
    SessionHandler handler;

    @Override
    public QueueSession open(OpenSession open, SessionHandler of, Duration patience) {
      handler = of;
      return this;
    }

    @Override
    public void send(Operation operation) {
      if (operation.hasOpenObject()) {
        handler.onDone(operation);
      } else {
        sent.add(operation);
        ItemTaken taken =
            ItemTaken.newBuilder()
                .setDelivery(sent.size())
                .setItem(ByteString.copyFromUtf8("7"))
                .build();
        handler.onReply(operation, Reply.newBuilder().setItemTaken(taken).build());
      }
    }

    @Override
    public void sendLater(Operation operation) {
      later.add(operation);
    }

    @Override
    public ReadResponse read(ReadRequest question, Duration atMost) {
      asked.countDown();
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
