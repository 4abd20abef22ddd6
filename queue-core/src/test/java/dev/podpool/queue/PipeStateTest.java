package dev.podpool.queue;

import static dev.podpool.queue.Messages.answer;
import static dev.podpool.queue.Messages.ask;
import static dev.podpool.queue.Messages.closeEnd;
import static dev.podpool.queue.Messages.confirm;
import static dev.podpool.queue.Messages.hold;
import static dev.podpool.queue.Messages.message;
import static dev.podpool.queue.Messages.openPipe;
import static dev.podpool.queue.Messages.receive;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PipeSpec;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SendMessage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Ann is at the first end, bob at the second. */
class PipeStateTest {

  private final QueueScript script = new QueueScript();

  private void open(boolean duplex) {
    script.client("ann");
    script.client("bob");
    script.send("ann", openPipe(duplex));
    assertThat(script.send("ann", hold(1))).isEqualTo("done");
    assertThat(script.send("bob", hold(2))).isEqualTo("done");
  }

  @Test
  void eachEndReceivesWhatIsSentAtTheOther() {
    open(true);
    assertThat(ask(script, "ann", message(1, "ping"))).isEqualTo("put");
    assertThat(ask(script, "bob", message(2, "pong"))).isEqualTo("put");
    assertThat(ask(script, "bob", receive(2, 0))).isEqualTo("ping 1");
    assertThat(ask(script, "ann", receive(1, 0))).isEqualTo("pong 1");
    assertThat(script.send("ann", confirm(1, 1, false))).isEqualTo("done");
    assertThat(script.send("bob", confirm(2, 1, false))).isEqualTo("done");
    assertThat(script.machine.objects().bytes()).isZero();
  }

  @Test
  void whoWaitsForAMessageGetsIt() {
    open(true);
    assertThat(ask(script, "ann", receive(1, -1))).isEqualTo("TIMED_OUT_WAITING");
    ask(script, "ann", receive(1, 100));
    script.passMillis(100);
    assertThat(answer(script, "ann")).isEqualTo("TIMED_OUT_WAITING");
    assertThat(ask(script, "ann", receive(1, 0))).isEmpty();
    ask(script, "bob", message(2, "hi"));
    assertThat(answer(script, "ann")).isEqualTo("hi 1");
  }

  @Test
  void onlyOneWayIsOpenIfItIsNotDuplex() {
    open(false);
    assertThat(ask(script, "ann", message(1, "up"))).isEqualTo("INVALID_ARGUMENT");
    assertThat(ask(script, "bob", receive(2, 0))).isEqualTo("INVALID_ARGUMENT");
    assertThat(ask(script, "bob", message(2, "down"))).isEqualTo("put");
    assertThat(ask(script, "ann", receive(1, 0))).isEqualTo("down 1");
  }

  @Test
  void whoDoesNotHoldAnEndDoesNotUseIt() {
    open(true);
    assertThat(ask(script, "ann", message(2, "hi"))).isEqualTo("NOT_HELD");
    assertThat(ask(script, "ann", receive(2, 0))).isEqualTo("NOT_HELD");
    assertThat(ask(script, "ann", hold(3))).isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void sixtyFourAreUnderWayAndThenSendersWait() {
    open(true);
    for (int i = 0; i < 64; i++) {
      assertThat(ask(script, "bob", message(2, "m" + i))).isEqualTo("put");
    }
    assertThat(ask(script, "bob", message(2, "m64"))).isEmpty();
    assertThat(ask(script, "ann", receive(1, 0))).isEqualTo("m0 1");
    assertThat(answer(script, "bob")).isEmpty(); // it may come back
    script.send("ann", confirm(1, 1, false));
    assertThat(answer(script, "bob")).isEqualTo("put");
  }

  @Test
  void theEndComesAfterAllIsReceived() {
    open(true);
    ask(script, "bob", message(2, "last"));
    script.send("bob", closeEnd(2));
    assertThat(ask(script, "ann", receive(1, 0))).isEqualTo("last 1");
    assertThat(ask(script, "ann", receive(1, 0))).isEmpty(); // it may come back
    long sequence = script.party("ann").sequence;
    script.send("ann", confirm(1, 1, false));
    assertThat(answer(script, "ann", sequence)).isEqualTo("PIPE_ENDED");
    assertThat(ask(script, "ann", receive(1, -1))).isEqualTo("PIPE_ENDED");
  }

  @Test
  void theEndComesWhenTheLastHolderIsGone() {
    open(true);
    script.send("ann", hold(2));
    ask(script, "ann", receive(1, 0));
    script.expire("bob");
    assertThat(answer(script, "ann")).isEmpty();
    long sequence = script.party("ann").sequence;
    script.send("ann", closeEnd(2));
    assertThat(answer(script, "ann", sequence)).isEqualTo("PIPE_ENDED");
    assertThat(ask(script, "ann", hold(2))).isEqualTo("PIPE_ENDED");
  }

  @Test
  void sendingToNobodyIsRefusedAlsoForThoseThatWait() {
    open(true);
    for (int i = 0; i < 65; i++) {
      ask(script, "bob", message(2, "m"));
    }
    assertThat(answer(script, "bob")).isEmpty();
    script.expire("ann");
    assertThat(answer(script, "bob")).isEqualTo("PIPE_BROKEN");
    assertThat(ask(script, "bob", message(2, "hi"))).isEqualTo("PIPE_BROKEN");
    assertThat(script.machine.objects().bytes()).isZero();
  }

  @Test
  void whatASessionHadReceivedIsThereForOthersWhenItEnds() {
    open(true);
    script.client("cid");
    script.send("cid", hold(1));
    ask(script, "bob", message(2, "one"));
    ask(script, "bob", message(2, "two"));
    ask(script, "ann", receive(1, 0));
    script.expire("ann");
    assertThat(ask(script, "cid", receive(1, 0))).isEqualTo("one 2 again");
    assertThat(script.send("cid", confirm(1, 2, true))).isEqualTo("done");
    assertThat(ask(script, "cid", receive(1, 0))).isEqualTo("one 3 again");
    assertThat(ask(script, "cid", receive(1, 0))).isEqualTo("two 4");
  }

  @Test
  void closingAnEndEndsWhatTheSessionWaitsForThere() {
    open(true);
    ask(script, "ann", receive(1, 0));
    long sequence = script.party("ann").sequence;
    script.send("ann", closeEnd(1));
    assertThat(answer(script, "ann", sequence)).isEqualTo("NOT_HELD");
    assertThat(script.send("ann", closeEnd(1))).isEqualTo("done");
  }

  @Test
  void aPipeWithoutEndsIsForgotten() {
    open(true);
    ask(script, "ann", message(1, "hi"));
    script.send("ann", closeEnd(1));
    script.expire("bob");
    assertThat(script.machine.snapshot().getObjectsCount()).isZero();
    assertThat(script.machine.objects().bytes()).isZero();
    script.expire("ann");
    assertThat(script.machine.nextDeadlineMillis()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aMessageOfMoreThanAMebibyteIsRefused() {
    open(true);
    ByteString large = ByteString.copyFrom(new byte[SharedObjects.VALUE_BYTES_MAX + 1]);
    assertThat(
            script.send(
                "ann",
                Operation.newBuilder()
                    .setSendMessage(
                        SendMessage.newBuilder()
                            .setPipe(Messages.PIPE)
                            .setEnd(1)
                            .setMessage(large))))
        .isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void aProcessHoldsAnEndBeforeItHasASession() {
    Sessions sessions = new Sessions();
    SharedObjects objects = new SharedObjects(sessions);
    ObjectSpec spec =
        ObjectSpec.newBuilder().setPipe(PipeSpec.newBuilder().setDuplex(true)).build();
    PipeState pipe = new PipeState(1, Messages.PIPE, spec, objects);
    SessionState ann = sessions.add(OpenSession.getDefaultInstance(), null);
    assertThat(pipe.apply(call(ann, hold(1)))).isNull();
    assertThat(pipe.apply(call(ann, hold(2)))).isNull();
    assertThat(pipe.hold(2, "child")).isNull();
    assertThat(pipe.apply(call(ann, closeEnd(2)))).isNull();
    assertThat(words(pipe.apply(call(ann, receive(1, -1))))).isEqualTo("TIMED_OUT_WAITING");
    pipe.release(2, "another");
    assertThat(words(pipe.apply(call(ann, receive(1, -1))))).isEqualTo("TIMED_OUT_WAITING");
    pipe.release(2, "child");
    assertThat(words(pipe.apply(call(ann, receive(1, -1))))).isEqualTo("PIPE_ENDED");
    assertThat(pipe.hold(2, "child")).isNotNull();
  }

  private static SharedObject.Call call(SessionState session, Operation.Builder operation) {
    return new SharedObject.Call(session, 1, operation.build());
  }

  private static String words(Reply.@Nullable Builder reply) {
    assertThat(reply).isNotNull();
    return Messages.words(reply.build());
  }

  @Test
  void aMessageUnderTheNameOfOneThatWaitsIsRefusedAndChangesNothing() {
    open(true);
    for (int i = 0; i < 64; i++) {
      assertThat(ask(script, "ann", message(1, "hi"))).isEqualTo("put");
    }
    assertThat(ask(script, "ann", message(1, "waits").setWait(7))).isEmpty();
    long before = script.machine.objects().bytes();
    assertThat(script.send("ann", message(1, "late").setWait(7))).isEqualTo("INVALID_ARGUMENT");
    assertThat(script.machine.objects().bytes()).isEqualTo(before);
  }
}
