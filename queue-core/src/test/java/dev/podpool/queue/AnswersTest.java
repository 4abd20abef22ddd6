package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.ChangeMap;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.MapPut;
import dev.podpool.protocol.MapRemove;
import dev.podpool.protocol.MapSpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PipeSpec;
import dev.podpool.protocol.PutItems;
import dev.podpool.protocol.QueueSpec;
import dev.podpool.protocol.ReceiveMessage;
import dev.podpool.protocol.SendMessage;
import dev.podpool.protocol.SessionSnapshot;
import dev.podpool.protocol.TakeItem;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers that are kept take a bounded room, and none is lost for that. */
class AnswersTest {

  private static final int MIB = 1 << 20;
  private static final ObjectRef MAP = ref(ObjectKind.MAP);
  private static final ObjectRef QUEUE = ref(ObjectKind.QUEUE);
  private static final ObjectRef PIPE = ref(ObjectKind.PIPE);

  private final QueueScript queue = new QueueScript();

  private static ObjectRef ref(ObjectKind kind) {
    return ObjectRef.newBuilder().setKind(kind).setName("basket").build();
  }

  private static ByteString large(int number) {
    byte[] bytes = new byte[MIB];
    bytes[0] = (byte) number;
    return ByteString.copyFrom(bytes);
  }

  private static ByteString key(int number) {
    return ByteString.copyFromUtf8("s" + number);
  }

  private void open(String client, ObjectRef ref, ObjectSpec.Builder spec) {
    queue.client(client);
    assertThat(
            queue.send(
                client,
                Operation.newBuilder()
                    .setOpenObject(OpenObject.newBuilder().setObject(ref).setSpec(spec))))
        .isEqualTo("done");
  }

  private SessionSnapshot kept(String client) {
    return queue.machine.snapshot().getSessionsList().stream()
        .filter(session -> session.getSession() == queue.party(client).session)
        .findFirst()
        .orElseThrow();
  }

  private static int bytes(SessionSnapshot kept) {
    return kept.getRepliesList().stream().mapToInt(reply -> reply.getSerializedSize()).sum()
        + kept.getWakesList().stream().mapToInt(reply -> reply.getSerializedSize()).sum();
  }

  /** Goes on as a replica does that has the snapshot only. */
  private void restore() {
    queue.machine = QueueMachine.restore(queue.machine.snapshot());
  }

  private static Operation remove(int number) {
    return Operation.newBuilder()
        .setChangeMap(
            ChangeMap.newBuilder()
                .setMap(MAP)
                .setRemove(MapRemove.newBuilder().setKey(key(number))))
        .build();
  }

  @Test
  void whatWouldBeAnsweredBeyondFourMebibytesIsHeldBackUntilTheyAreConfirmed() {
    open("client", MAP, ObjectSpec.newBuilder().setMap(MapSpec.getDefaultInstance()));
    int entries = 12;
    for (int i = 0; i < entries; i++) {
      var put = MapPut.newBuilder().setKey(key(i)).setValue(large(i));
      queue.send(
          "client",
          Operation.newBuilder().setChangeMap(ChangeMap.newBuilder().setMap(MAP).setPut(put)));
    }
    QueueScript.Party client = queue.party("client");
    long before = client.sequence;
    List<Operation> rest = new ArrayList<>();
    for (int i = 0; i < entries; i++) {
      rest.add(remove(i));
    }
    TreeMap<Long, ByteString> answers = new TreeMap<>();
    int rounds = 0;
    while (!rest.isEmpty()) {
      queue.apply(
          Entry.newBuilder()
              .addBatches(
                  Batch.newBuilder()
                      .setSession(client.session)
                      .setFirstSequence(client.sequence + 1)
                      .setConfirmed(client.sequence)
                      .addAllOperations(rest)));
      rounds++;
      SessionSnapshot kept = kept("client");
      assertThat(bytes(kept)).isLessThanOrEqualTo(5 * MIB);
      kept.getRepliesList()
          .forEach(
              reply ->
                  answers.put(reply.getSequence(), reply.getMapChanged().getBefore().getValue()));
      rest.subList(0, (int) (kept.getApplied() - client.sequence)).clear();
      client.sequence = kept.getApplied();
      var heldBack = new Recorded.HeldBack(client.session);
      assertThat(queue.last.all.contains(heldBack)).isEqualTo(!rest.isEmpty());
      restore();
    }

    assertThat(rounds).isEqualTo(3);
    assertThat(answers).hasSize(entries);
    answers.forEach(
        (sequence, value) -> assertThat(value).isEqualTo(large((int) (sequence - before) - 1)));
  }

  @Test
  void whatIsSentTwiceIsAnsweredTwiceAlsoByASessionThatHasItsFill() {
    open("client", MAP, ObjectSpec.newBuilder().setMap(MapSpec.getDefaultInstance()));
    var put = MapPut.newBuilder().setKey(key(1)).setValue(large(1));
    var change =
        Operation.newBuilder().setChangeMap(ChangeMap.newBuilder().setMap(MAP).setPut(put));
    for (int i = 0; i < 8; i++) {
      queue.send("client", change);
    }
    long applied = kept("client").getApplied();
    assertThat(applied).isLessThan(queue.party("client").sequence);

    assertThat(queue.resend("client", applied, change)).isEqualTo("MAP_CHANGED");
    assertThat(kept("client").getApplied()).isEqualTo(applied);
    assertThat(queue.last.all).doesNotContain(new Recorded.HeldBack(queue.party("client").session));
  }

  // ---- items, which somebody else has put

  enum Kind {
    ITEMS,
    MESSAGES
  }

  private void open(Kind kind) {
    for (String each : List.of("slow", "other", "putter")) {
      if (kind == Kind.ITEMS) {
        open(each, QUEUE, ObjectSpec.newBuilder().setQueue(QueueSpec.getDefaultInstance()));
      } else {
        open(each, PIPE, ObjectSpec.newBuilder().setPipe(PipeSpec.getDefaultInstance()));
        queue.send(
            each,
            Operation.newBuilder()
                .setHoldEnd(
                    dev.podpool.protocol.HoldEnd.newBuilder()
                        .setPipe(PIPE)
                        .setEnd(each.equals("putter") ? 2 : 1)));
      }
    }
  }

  private void take(Kind kind, String client) {
    Operation.Builder take = Operation.newBuilder();
    if (kind == Kind.ITEMS) {
      take.setTakeItem(TakeItem.newBuilder().setQueue(QUEUE));
    } else {
      take.setReceiveMessage(ReceiveMessage.newBuilder().setPipe(PIPE).setEnd(1));
    }
    var unused = queue.send(client, take);
  }

  private void put(Kind kind, int number) {
    Operation.Builder put = Operation.newBuilder();
    if (kind == Kind.ITEMS) {
      put.setPutItems(PutItems.newBuilder().setQueue(QUEUE).addItems(large(number)));
    } else {
      put.setSendMessage(
          SendMessage.newBuilder().setPipe(PIPE).setEnd(2).setMessage(large(number)));
    }
    assertThat(queue.send("putter", put)).isEqualTo("ITEMS_PUT");
  }

  private List<Integer> taken(String client) {
    return new TreeMap<>(queue.party(client).replies)
        .values().stream()
            .filter(reply -> reply.hasItemTaken())
            .map(reply -> (int) reply.getItemTaken().getItem().byteAt(0))
            .toList();
  }

  @ParameterizedTest
  @EnumSource
  void whoHasItsFillIsPassedOverUntilItConfirmsAndThenStandsWhereItStood(Kind kind) {
    open(kind);
    for (int i = 0; i < 6; i++) {
      take(kind, "slow");
    }
    take(kind, "other");
    for (int i = 1; i <= 7; i++) {
      put(kind, i);
      restore();
    }
    assertThat(taken("slow")).containsExactly(1, 2, 3, 4);
    assertThat(taken("other")).containsExactly(5);
    assertThat(bytes(kept("slow"))).isLessThanOrEqualTo(5 * MIB);

    take(kind, "other"); // behind those of "slow", and there are items: it need not wait
    assertThat(taken("other")).containsExactly(5, 6);
    confirmWakes("slow");
    assertThat(taken("slow")).containsExactly(1, 2, 3, 4, 7);

    take(kind, "other");
    put(kind, 8);
    assertThat(taken("slow")).containsExactly(1, 2, 3, 4, 7, 8);
    put(kind, 9);
    assertThat(taken("other")).containsExactly(5, 6, 9);
  }

  private void confirmWakes(String client) {
    Batch.Builder batch = Batch.newBuilder().setSession(queue.party(client).session);
    kept(client).getWakesList().forEach(wake -> batch.addConfirmedWakes(wake.getSequence()));
    queue.apply(Entry.newBuilder().addBatches(batch));
  }
}
