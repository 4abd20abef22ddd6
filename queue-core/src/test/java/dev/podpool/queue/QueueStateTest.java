package dev.podpool.queue;

import static dev.podpool.queue.Messages.answer;
import static dev.podpool.queue.Messages.ask;
import static dev.podpool.queue.Messages.closeQueue;
import static dev.podpool.queue.Messages.confirm;
import static dev.podpool.queue.Messages.join;
import static dev.podpool.queue.Messages.openQueue;
import static dev.podpool.queue.Messages.put;
import static dev.podpool.queue.Messages.take;
import static dev.podpool.queue.Messages.taskDone;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.CancelWait;
import dev.podpool.protocol.Elements;
import dev.podpool.protocol.ElementsQuery;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PutItems;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.StatusQuery;
import org.junit.jupiter.api.Test;

class QueueStateTest {

  private final QueueScript script = new QueueScript();

  private void open(int itemsMax, boolean joinable) {
    for (String client : new String[] {"ann", "bob", "cid"}) {
      script.client(client);
      assertThat(script.send(client, openQueue(itemsMax, joinable))).isEqualTo("done");
    }
  }

  private ObjectStatus status() {
    return script
        .machine
        .read(
            ReadRequest.newBuilder()
                .setObject(
                    ObjectQuery.newBuilder()
                        .setObject(Messages.QUEUE)
                        .setStatus(StatusQuery.getDefaultInstance()))
                .build())
        .getObject();
  }

  @Test
  void itemsAreTakenInTheOrderInWhichTheyWerePut() {
    open(0, false);
    assertThat(ask(script, "ann", put(0, "apple", "plum"))).isEqualTo("put");
    assertThat(ask(script, "ann", put(0, "fig"))).isEqualTo("put");
    assertThat(ask(script, "bob", take(0))).isEqualTo("apple 1");
    assertThat(ask(script, "cid", take(0))).isEqualTo("plum 2");
    assertThat(ask(script, "bob", take(0))).isEqualTo("fig 3");
    assertThat(status().getCount()).isZero();
  }

  @Test
  void whoWaitsForAnItemIsServedInTheOrderOfArrival() {
    open(0, false);
    assertThat(ask(script, "bob", take(0))).isEmpty();
    assertThat(ask(script, "cid", take(0))).isEmpty();
    ask(script, "ann", put(0, "apple"));
    assertThat(answer(script, "bob")).isEqualTo("apple 1");
    assertThat(answer(script, "cid")).isEmpty();
    ask(script, "ann", put(0, "plum"));
    assertThat(answer(script, "cid")).isEqualTo("plum 2");
  }

  @Test
  void anItemOfASessionThatEndsUnconfirmedIsTakenNextAndSaysSo() {
    open(0, false);
    ask(script, "ann", put(0, "apple", "plum", "fig"));
    ask(script, "bob", take(0));
    ask(script, "cid", take(0));
    // bob's comes back after cid's, and was put before it.
    script.expire("cid");
    script.expire("bob");
    assertThat(ask(script, "ann", take(0))).isEqualTo("apple 3 again");
    assertThat(ask(script, "ann", take(0))).isEqualTo("plum 4 again");
    assertThat(ask(script, "ann", take(0))).isEqualTo("fig 5");
  }

  @Test
  void aConfirmedItemIsGoneWithItsSession() {
    open(0, false);
    ask(script, "ann", put(0, "apple"));
    ask(script, "bob", take(0));
    assertThat(script.send("bob", confirm(1, false))).isEqualTo("done");
    script.expire("bob");
    assertThat(ask(script, "ann", take(-1))).isEqualTo("TIMED_OUT_WAITING");
    assertThat(script.machine.objects().bytes()).isZero();
  }

  @Test
  void onlyWhoHasADeliveryConfirmsItAndOnce() {
    open(0, false);
    ask(script, "ann", put(0, "apple"));
    ask(script, "bob", take(0));
    assertThat(script.send("cid", confirm(1, false))).isEqualTo("NOT_HELD");
    assertThat(script.send("bob", confirm(1, false))).isEqualTo("done");
    assertThat(script.send("bob", confirm(1, false))).isEqualTo("NOT_HELD");
  }

  @Test
  void anItemThatCameTooLateGoesBackToTheHead() {
    open(0, false);
    ask(script, "ann", put(0, "apple", "plum"));
    ask(script, "bob", take(0));
    assertThat(script.send("bob", confirm(1, true))).isEqualTo("done");
    assertThat(ask(script, "cid", take(0))).isEqualTo("apple 2 again");
  }

  @Test
  void whoPutsIntoAFullQueueWaitsInTheOrderOfArrival() {
    open(1, false);
    ask(script, "ann", put(0, "apple"));
    assertThat(ask(script, "bob", put(0, "plum", "pear"))).isEmpty();
    assertThat(ask(script, "cid", put(0, "fig"))).isEmpty();
    assertThat(ask(script, "ann", put(-1, "kiwi"))).isEqualTo("TIMED_OUT_WAITING");
    assertThat(ask(script, "ann", take(0))).isEqualTo("apple 1");
    assertThat(answer(script, "bob")).isEmpty(); // one is in, and one waits
    assertThat(ask(script, "ann", take(0))).isEqualTo("plum 2");
    assertThat(answer(script, "bob")).isEqualTo("put");
    assertThat(answer(script, "cid")).isEmpty();
    assertThat(ask(script, "ann", take(0))).isEqualTo("pear 3");
    assertThat(answer(script, "cid")).isEqualTo("put");
  }

  @Test
  void aPutterThatGivesUpLeavesWhatItHasPutAndSaysHowMany() {
    open(1, false);
    ask(script, "bob", put(100, "plum", "pear", "fig"));
    ask(script, "ann", take(0));
    script.passMillis(100);
    assertThat(answer(script, "bob")).isEqualTo("TIMED_OUT_WAITING");
    long sequence = script.party("bob").sequence;
    assertThat(script.party("bob").replies.get(sequence).getRefusal().getMessage())
        .contains("full with 1 items")
        .contains("2 of 3 are in");
    assertThat(ask(script, "ann", take(0))).isEqualTo("pear 2");
    assertThat(ask(script, "ann", take(-1))).isEqualTo("TIMED_OUT_WAITING");
  }

  @Test
  void aTakerThatHasGivenUpGetsNothing() {
    open(0, false);
    ask(script, "bob", take(100));
    script.send("cid", take(0).setWait(7));
    script.passMillis(100);
    assertThat(answer(script, "bob")).isEqualTo("TIMED_OUT_WAITING");
    long sequence = script.party("cid").sequence;
    script.send("cid", Operation.newBuilder().setCancelWait(CancelWait.newBuilder().setWait(7)));
    assertThat(answer(script, "cid", sequence)).isEqualTo("WAIT_CANCELLED");
    ask(script, "ann", put(0, "apple"));
    assertThat(status().getCount()).isOne();
  }

  @Test
  void aClosedQueueGivesWhatIsThereAndTakesNothing() {
    open(1, false);
    ask(script, "ann", put(0, "apple"));
    ask(script, "bob", put(0, "plum"));
    assertThat(script.send("cid", closeQueue())).isEqualTo("done");
    assertThat(answer(script, "bob")).isEqualTo("QUEUE_CLOSED");
    assertThat(ask(script, "ann", put(0, "fig"))).isEqualTo("QUEUE_CLOSED");
    assertThat(ask(script, "ann", take(0))).isEqualTo("apple 1");
    // It may come back: whoever takes next waits for that.
    assertThat(ask(script, "bob", take(0))).isEmpty();
    script.send("ann", confirm(1, false));
    assertThat(answer(script, "bob")).isEqualTo("QUEUE_CLOSED");
    assertThat(ask(script, "bob", take(0))).isEqualTo("QUEUE_CLOSED");
    assertThat(status().getClosed()).isTrue();
  }

  @Test
  void whatComesBackToAClosedQueueIsTaken() {
    open(0, false);
    ask(script, "ann", put(0, "apple"));
    ask(script, "ann", take(0));
    script.send("cid", closeQueue());
    ask(script, "bob", take(0));
    script.expire("ann");
    assertThat(answer(script, "bob")).isEqualTo("apple 2 again");
  }

  @Test
  void aQueueIsJoinedWhenAllIsDone() {
    open(0, true);
    assertThat(ask(script, "ann", join(0))).isEqualTo("joined");
    ask(script, "ann", put(0, "apple", "plum"));
    assertThat(ask(script, "ann", join(0))).isEmpty();
    ask(script, "bob", take(0));
    ask(script, "bob", take(0));
    script.send("bob", confirm(1, false));
    assertThat(status().getUnfinished()).isEqualTo(2);
    assertThat(script.send("bob", taskDone(0))).isEqualTo("done");
    assertThat(answer(script, "ann")).isEmpty();
    assertThat(script.send("bob", taskDone(2))).isEqualTo("done");
    assertThat(answer(script, "ann")).isEqualTo("joined");
    assertThat(script.send("bob", taskDone(0))).isEqualTo("NOT_HELD");
    assertThat(script.send("bob", taskDone(2))).isEqualTo("NOT_HELD");
  }

  @Test
  void whatIsOnItsWayBackIsNotDoneWithInThePlaceOfWhatHasArrived() {
    open(0, true);
    ask(script, "ann", put(0, "apple", "plum"));
    assertThat(ask(script, "bob", take(0))).isEqualTo("apple 1"); // too late for who wanted it
    assertThat(ask(script, "bob", take(0))).isEqualTo("plum 2");
    assertThat(script.send("bob", confirm(2, false))).isEqualTo("done");
    assertThat(script.send("bob", taskDone(0))).isEqualTo("done");
    assertThat(script.send("bob", confirm(1, true))).isEqualTo("done");
    assertThat(ask(script, "cid", take(0))).isEqualTo("apple 3 again");
    assertThat(script.send("cid", taskDone(0))).isEqualTo("done");
    assertThat(ask(script, "ann", join(0))).isEqualTo("joined");
  }

  @Test
  void aWorkerThatEndsBeforeItIsDoneLeavesItsItemToOthersAndTheCountAsItIs() {
    open(0, true);
    ask(script, "ann", put(0, "apple"));
    ask(script, "bob", take(0));
    script.send("bob", confirm(1, false));
    ask(script, "ann", join(1_000));
    script.expire("bob");
    assertThat(status().getUnfinished()).isOne();
    assertThat(ask(script, "cid", take(0))).isEqualTo("apple 2 again");
    assertThat(script.send("cid", taskDone(1))).isEqualTo("NOT_HELD"); // bob's
    script.passMillis(1_000);
    assertThat(answer(script, "ann")).isEqualTo("TIMED_OUT_WAITING");
    assertThat(script.send("cid", taskDone(0))).isEqualTo("done");
    assertThat(ask(script, "ann", join(-1))).isEqualTo("joined");
  }

  @Test
  void whatIsOfAJoinableQueueIsRefusedByOthers() {
    open(0, false);
    assertThat(script.send("ann", join(0))).isEqualTo("INVALID_ARGUMENT");
    assertThat(script.send("ann", taskDone(0))).isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void anItemOfMoreThanAMebibyteIsRefusedWithItsSize() {
    open(0, false);
    ByteString large = ByteString.copyFrom(new byte[SharedObjects.VALUE_BYTES_MAX + 1]);
    assertThat(
            script.send(
                "ann",
                Operation.newBuilder()
                    .setPutItems(PutItems.newBuilder().setQueue(Messages.QUEUE).addItems(large))))
        .isEqualTo("INVALID_ARGUMENT");
    assertThat(
            script.party("ann").replies.get(script.party("ann").sequence).getRefusal().getMessage())
        .contains("1048577 bytes", "at most 1048576", "queue 'orders'");
  }

  @Test
  void itemsAreShownAndStay() {
    open(0, false);
    ask(script, "ann", put(0, "apple", "plum", "fig"));
    Elements shown =
        script
            .machine
            .read(
                ReadRequest.newBuilder()
                    .setObject(
                        ObjectQuery.newBuilder()
                            .setObject(Messages.QUEUE)
                            .setElements(ElementsQuery.newBuilder().setFirst(1).setLimit(1)))
                    .build())
            .getElements();
    assertThat(shown.getSize()).isEqualTo(3);
    assertThat(shown.getElementsList()).containsExactly(ByteString.copyFromUtf8("plum"));
    assertThat(status().getCount()).isEqualTo(3);
  }

  @Test
  void aPutUnderTheNameOfOneThatWaitsIsRefusedAndChangesNothing() {
    open(1, false);
    assertThat(ask(script, "ann", put(0, "apple"))).isEqualTo("put");
    assertThat(ask(script, "ann", put(0, "plum").setWait(7))).isEmpty();
    long waiting = script.party("ann").sequence;
    long before = script.machine.objects().bytes();
    assertThat(ask(script, "ann", put(0, "fig").setWait(7))).isEqualTo("INVALID_ARGUMENT");
    assertThat(script.machine.objects().bytes()).isEqualTo(before);
    script.send("ann", Operation.newBuilder().setCancelWait(CancelWait.newBuilder().setWait(7)));
    assertThat(answer(script, "ann", waiting)).isEqualTo("WAIT_CANCELLED");
  }
}
