package dev.podpool.queue;

import static dev.podpool.queue.DataScript.LIST;
import static dev.podpool.queue.DataScript.bytes;
import static dev.podpool.queue.DataScript.insert;
import static dev.podpool.queue.DataScript.removeAt;
import static dev.podpool.queue.DataScript.setAt;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ChangeList;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ListChanged;
import dev.podpool.protocol.ListClear;
import dev.podpool.protocol.Reply;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ListStateTest {

  private final DataScript script = new DataScript().client("anna");

  @BeforeEach
  void open() {
    assertThat(script.open("anna", LIST)).isEqualTo("done");
    script.open("anna", DataScript.LOCK);
  }

  private ListChanged change(ChangeList.Builder change) {
    Reply reply = script.list("anna", change, 0);
    assertThat(reply.hasListChanged()).as("%s", reply).isTrue();
    return reply.getListChanged();
  }

  private List<String> all() {
    return script.elements(LIST, 0, 0).getElementsList().stream()
        .map(ByteString::toStringUtf8)
        .toList();
  }

  @Test
  void elementsAreInsertedSetAndRemoved() {
    change(insert(-1, "a", "b"));
    change(insert(0, "c"));
    assertThat(change(insert(3, "d")).getSize()).isEqualTo(4);
    assertThat(all()).containsExactly("c", "a", "b", "d");
    assertThat(change(setAt(1, "e", 0)).getBefore()).isEqualTo(bytes("a"));
    assertThat(change(removeAt(0)).getBefore()).isEqualTo(bytes("c"));
    assertThat(change(removeAt(-1)).getBefore()).isEqualTo(bytes("d"));
    assertThat(change(setAt(-1, "f", 0)).getBefore()).isEqualTo(bytes("b"));
    assertThat(all()).containsExactly("e", "f");
    assertThat(change(ChangeList.newBuilder().setClear(ListClear.getDefaultInstance())).getSize())
        .isZero();
  }

  @Test
  void anIndexOutsideIsRefused() {
    change(insert(-1, "a"));
    for (ChangeList.Builder outside :
        List.of(
            insert(2, "b"),
            insert(-2, "b"),
            insert(Long.MAX_VALUE, "b"),
            setAt(1, "b", 0),
            setAt(-2, "b", 0),
            removeAt(1),
            removeAt(1L << 32))) {
      assertThat(script.list("anna", outside, 0).getRefusal().getCode())
          .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }
    change(removeAt(0));
    assertThat(script.list("anna", removeAt(-1), 0).getRefusal().getCode())
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void anotherVersionChangesNothingAndSaysWhatIsThere() {
    long version = change(insert(-1, "a", "b")).getVersion();
    assertThat(change(setAt(0, "c", version)).getDiffers()).isFalse();
    ListChanged late = change(setAt(0, "d", version));
    assertThat(late.getDiffers()).isTrue();
    assertThat(late.getBefore()).isEqualTo(bytes("c"));
    assertThat(late.getVersion()).isEqualTo(version + 1);
    assertThat(all()).containsExactly("c", "b");
  }

  @Test
  void aGuardIsLookedAtWithTheChange() {
    long token = script.lock("anna");
    assertThat(script.list("anna", insert(-1, "a"), token).hasListChanged()).isTrue();
    script.unlock("anna", token);
    assertThat(script.list("anna", insert(-1, "b"), token).getRefusal().getCode())
        .isEqualTo(ErrorCode.LOCK_LOST);
    assertThat(all()).containsExactly("a");
  }

  @Test
  void pagesBeginAnywhere() {
    change(insert(-1, "a", "b", "c"));
    assertThat(script.elements(LIST, 1, 1).getElementsList()).containsExactly(bytes("b"));
    assertThat(script.elements(LIST, 3, 0).getElementsList()).isEmpty();
    assertThat(script.elements(LIST, -1, 0).getElementsList()).isEmpty();
    assertThat(script.elements(LIST, Long.MAX_VALUE, 0).getSize()).isEqualTo(3);
  }

  @Test
  void aHundredThousandElementsAreInsertedAtTheHead() {
    script.queue.unchecked();
    for (int i = 0; i < 100_000; i++) {
      change(insert(0, Integer.toString(i)));
      script.queue.party("anna").replies.clear();
      script
          .queue
          .machine
          .sessionStates()
          .find(script.queue.party("anna").session)
          .confirm(Long.MAX_VALUE);
    }
    assertThat(script.status(LIST).getCount()).isEqualTo(100_000);
    assertThat(script.elements(LIST, 0, 2).getElementsList())
        .containsExactly(bytes("99999"), bytes("99998"));
    assertThat(script.elements(LIST, 99_999, 0).getElementsList()).containsExactly(bytes("0"));
  }
}
