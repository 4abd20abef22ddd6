package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.DeleteObject;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.ObjectStatuses;
import dev.podpool.protocol.ObjectsQuery;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReadRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The list of all objects of a kind, page by page. */
class ObjectsReadTest {

  private final QueueScript queue = new QueueScript();

  private void open(ObjectRef.Builder ref) {
    ref.setKind(ObjectKind.EVENT);
    assertThat(queue.send("client", Specs.open(ref.build(), Specs.of(ObjectKind.EVENT))))
        .isEqualTo("done");
  }

  @Test
  void anAnswerIsOneMebibyteAtMostAndSaysThatThereIsMore() {
    queue.unchecked();
    for (int i = 0; i < 20_000; i++) {
      open(ObjectRef.newBuilder().setName("event-" + i + "-".repeat(30) + "x"));
    }
    queue.machine = QueueMachine.restore(queue.machine.snapshot());
    Set<String> names = new TreeSet<>();
    ObjectsQuery.Builder query = ObjectsQuery.newBuilder();
    ObjectStatuses page;
    do {
      page = read(query);
      assertThat(page.getSerializedSize()).isBetween(1, 1 << 20);
      page.getObjectsList().forEach(status -> assertThat(names.add(word(status))).isTrue());
      query.setAfter(word(page.getObjects(page.getObjectsCount() - 1)));
      assertThat(page.getMore()).isEqualTo(names.size() < 20_000);
    } while (page.getMore());
  }

  private ObjectStatuses read(ObjectsQuery.Builder query) {
    return queue
        .machine
        .read(ReadRequest.newBuilder().setObjects(query.setKind(ObjectKind.EVENT)).build())
        .getObjects();
  }

  private static String word(ObjectStatus status) {
    ObjectRef ref = status.getObject();
    return ref.getName().isEmpty() ? ref.getId().toStringUtf8().trim() : ref.getName();
  }

  @Test
  void pagesHaveEachObjectOnceWhetherTheLastOfThePageBeforeIsThereOrNot() {
    for (int i = 0; i < 5; i++) {
      open(ObjectRef.newBuilder().setId(TestPayloads.id("id" + i)));
      open(ObjectRef.newBuilder().setName("n" + (9 - i)));
    }
    List<String> words = new ArrayList<>();
    ObjectsQuery.Builder query = ObjectsQuery.newBuilder().setLimit(2);
    ObjectStatuses page;
    do {
      page = read(query);
      page.getObjectsList().forEach(status -> words.add(word(status)));
      ObjectStatus last = page.getObjects(page.getObjectsCount() - 1);
      query.setAfter(last.getObject().getName());
      query.setAfterNumber(last.getObject().getName().isEmpty() ? last.getNumber() : 0);
      if (words.size() % 4 == 0) {
        queue.send(
            "client",
            Operation.newBuilder()
                .setDeleteObject(DeleteObject.newBuilder().setObject(last.getObject())));
      }
    } while (page.getMore());
    assertThat(words)
        .containsExactly("n5", "n6", "n7", "n8", "n9", "id0", "id1", "id2", "id3", "id4");
    assertThat(read(ObjectsQuery.newBuilder()).getObjectsList())
        .extracting(ObjectsReadTest::word)
        .containsExactly("n5", "n6", "n7", "n9", "id0", "id1", "id3", "id4");
  }
}
