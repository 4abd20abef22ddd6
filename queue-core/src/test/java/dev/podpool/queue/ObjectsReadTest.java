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
import org.junit.jupiter.api.Test;

/** The list of all objects of a kind, page by page. */
class ObjectsReadTest {

  private final QueueScript queue = new QueueScript();

  private void open(ObjectRef.Builder ref) {
    ref.setKind(ObjectKind.EVENT);
    assertThat(queue.send("client", Specs.open(ref.build(), Specs.of(ObjectKind.EVENT))))
        .isEqualTo("done");
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
  }
}
