package dev.podpool.queue;

import static dev.podpool.queue.DataScript.ARRAY;
import static dev.podpool.queue.DataScript.VALUE;
import static dev.podpool.queue.DataScript.addTo;
import static dev.podpool.queue.DataScript.bytes;
import static dev.podpool.queue.DataScript.set;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ArraySpec;
import dev.podpool.protocol.ChangeValue;
import dev.podpool.protocol.Elements;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ValueChanged;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ArrayStateTest {

  private final DataScript script = new DataScript().client("anna");

  @BeforeEach
  void open() {
    assertThat(script.open("anna", VALUE)).isEqualTo("done");
    assertThat(script.open("anna", ARRAY)).isEqualTo("done");
    script.open("anna", DataScript.LOCK);
  }

  private ValueChanged change(ObjectRef ref, ChangeValue.Builder change) {
    Reply reply = script.value("anna", ref, change, 0);
    assertThat(reply.hasValueChanged()).as("%s", reply).isTrue();
    return reply.getValueChanged();
  }

  private ErrorCode refusal(ObjectRef ref, ChangeValue.Builder change) {
    return script.value("anna", ref, change, 0).getRefusal().getCode();
  }

  @Test
  void eachElementHasAVersionOfItsOwn() {
    assertThat(change(ARRAY, set(1, "5", 0)).getBefore()).isEqualTo(bytes("0"));
    assertThat(change(ARRAY, set(1, "6", 2)).getVersion()).isEqualTo(3);
    Elements all = script.elements(ARRAY, 0, 0);
    assertThat(all.getElementsList()).containsExactly(bytes("0"), bytes("6"), bytes("0"));
    assertThat(all.getVersionsList()).containsExactly(1L, 3L, 1L);
    assertThat(all.getSize()).isEqualTo(DataScript.LENGTH);
  }

  @Test
  void aValueIsAnArrayOfOne() {
    assertThat(change(VALUE, addTo(0, 7)).getAfter()).isEqualTo(bytes("7"));
    assertThat(refusal(VALUE, set(1, "1", 0))).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(script.elements(VALUE, 0, 0).getElementsList()).containsExactly(bytes("7"));
    assertThat(script.status(VALUE).getVersion()).isEqualTo(2);
  }

  @Test
  void anotherVersionChangesNothingAndSaysWhatIsThere() {
    ValueChanged late = change(VALUE, set(0, "5", 9));
    assertThat(late.getDiffers()).isTrue();
    assertThat(late.getBefore()).isEqualTo(bytes("0"));
    assertThat(late.getVersion()).isEqualTo(1);
    assertThat(script.elements(VALUE, 0, 0).getElementsList()).containsExactly(bytes("0"));
  }

  @Test
  void anIndexOutsideIsRefused() {
    assertThat(refusal(ARRAY, set(DataScript.LENGTH, "1", 0)))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refusal(ARRAY, addTo(-1, 1))).isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void nothingIsAddedToWhatIsNoNumber() {
    change(VALUE, set(0, "null", 0));
    assertThat(refusal(VALUE, addTo(0, 1))).isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void aGuardIsLookedAtWithTheChange() {
    long token = script.lock("anna");
    script.unlock("anna", token);
    assertThat(script.value("anna", VALUE, set(0, "1", 0), token).getRefusal().getCode())
        .isEqualTo(ErrorCode.LOCK_LOST);
  }

  @Test
  void whatTakesTooMuchRoomIsRefused() {
    ObjectRef other = ARRAY.toBuilder().setName("other").build();
    assertThat(script.open("anna", other, spec(ArrayState.LENGTH_MAX + 1, 1)))
        .isEqualTo("INVALID_ARGUMENT");
    assertThat(script.open("anna", other, spec(1, SharedObjects.VALUE_BYTES_MAX + 1)))
        .isEqualTo("INVALID_ARGUMENT");
    assertThat(script.open("anna", other, spec(2_000, SharedObjects.VALUE_BYTES_MAX)))
        .isEqualTo("QUEUE_FULL");
    assertThat(script.open("anna", other, spec(0, 1))).isEqualTo("done");
    script.queue.unchecked();
    assertThat(script.open("anna", other.toBuilder().setName("most").build(), spec(900, 1 << 20)))
        .isEqualTo("done");
    script.queue.machine = QueueMachine.restore(script.queue.machine.snapshot());
    assertThat(script.open("anna", other.toBuilder().setName("more").build(), spec(200, 1 << 20)))
        .isEqualTo("QUEUE_FULL");
    assertThat(script.open("anna", other.toBuilder().setName("some").build(), spec(100, 1 << 20)))
        .isEqualTo("done");
    script.delete("anna", other.toBuilder().setName("most").build());
    assertThat(script.open("anna", other.toBuilder().setName("more").build(), spec(200, 1 << 20)))
        .isEqualTo("done");
  }

  private static ObjectSpec spec(int length, int bytes) {
    return ObjectSpec.newBuilder()
        .setArray(
            ArraySpec.newBuilder()
                .setLength(length)
                .setInitial(ByteString.copyFrom(new byte[bytes])))
        .build();
  }
}
