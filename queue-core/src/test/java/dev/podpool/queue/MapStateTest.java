package dev.podpool.queue;

import static dev.podpool.queue.DataScript.MAP;
import static dev.podpool.queue.DataScript.add;
import static dev.podpool.queue.DataScript.bytes;
import static dev.podpool.queue.DataScript.put;
import static dev.podpool.queue.DataScript.putIf;
import static dev.podpool.queue.DataScript.remove;
import static dev.podpool.queue.DataScript.removeIf;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ChangeMap;
import dev.podpool.protocol.Entries;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.MapChanged;
import dev.podpool.protocol.MapClear;
import dev.podpool.protocol.MapEntry;
import dev.podpool.protocol.MapPut;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReleaseLock;
import dev.podpool.protocol.Reply;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MapStateTest {

  private final DataScript script = new DataScript().client("anna").client("bert");

  @BeforeEach
  void open() {
    assertThat(script.open("anna", MAP)).isEqualTo("done");
    script.open("anna", DataScript.LOCK);
  }

  private MapChanged change(ChangeMap.Builder change) {
    Reply reply = script.map("anna", change, 0);
    assertThat(reply.hasMapChanged()).as("%s", reply).isTrue();
    return reply.getMapChanged();
  }

  private static ErrorCode refusal(Reply reply) {
    return reply.getRefusal().getCode();
  }

  @Test
  void aPutIsAnsweredWithWhatWasThereAndVersionsRise() {
    MapChanged first = change(put("apples", "5"));
    assertThat(first.getBefore().getPresent()).isFalse();
    assertThat(first.getAfter().getVersion()).isEqualTo(1);
    MapChanged second = change(put("apples", "4"));
    assertThat(second.getBefore().getValue()).isEqualTo(bytes("5"));
    assertThat(second.getBefore().getVersion()).isEqualTo(1);
    assertThat(second.getAfter().getVersion()).isEqualTo(2);
  }

  @Test
  void anotherVersionChangesNothingAndSaysWhatIsThere() {
    change(put("apples", "5"));
    MapChanged late = change(putIf("apples", "9", 7));
    assertThat(late.getDiffers()).isTrue();
    assertThat(late.getBefore().getValue()).isEqualTo(bytes("5"));
    assertThat(change(removeIf("apples", 0)).getDiffers()).isTrue();
    assertThat(change(putIf("apples", "4", 1)).getDiffers()).isFalse();
    assertThat(change(putIf("pears", "1", 0)).getDiffers()).isFalse();
    assertThat(change(putIf("pears", "2", 0)).getDiffers()).isTrue();
    assertThat(script.status(MAP).getVersion()).isEqualTo(3);
  }

  @Test
  void anEntryThatWasRemovedAndPutAgainHasAnotherVersion() {
    long before = change(put("apples", "5")).getAfter().getVersion();
    change(remove("apples"));
    assertThat(change(put("apples", "5")).getAfter().getVersion()).isGreaterThan(before);
    assertThat(change(removeIf("apples", before)).getDiffers()).isTrue();
  }

  @Test
  void removingWhatIsNotThereAndClearingNothingChangeNothing() {
    assertThat(change(remove("apples")).getBefore().getPresent()).isFalse();
    change(ChangeMap.newBuilder().setClear(MapClear.getDefaultInstance()));
    assertThat(script.status(MAP).getVersion()).isZero();
    change(put("apples", "5"));
    change(ChangeMap.newBuilder().setClear(MapClear.getDefaultInstance()));
    assertThat(script.status(MAP).getCount()).isZero();
    assertThat(script.status(MAP).getVersion()).isEqualTo(2);
  }

  @Test
  void additionsBeginAtNoughtAndWrapAround() {
    assertThat(change(add("apples", 5)).getAfter().getValue()).isEqualTo(bytes("5"));
    assertThat(change(add("apples", -7)).getAfter().getValue()).isEqualTo(bytes("-2"));
    change(put("apples", Long.toString(Long.MAX_VALUE)));
    assertThat(change(add("apples", 1)).getAfter().getValue())
        .isEqualTo(bytes(Long.toString(Long.MIN_VALUE)));
  }

  @Test
  void nothingIsAddedToWhatIsNoNumber() {
    for (String value : new String[] {"", "null", "1.5", "+1", "--1", "-", "9223372036854775808"}) {
      change(put("apples", value));
      assertThat(refusal(script.map("anna", add("apples", 1), 0)))
          .as(value)
          .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }
  }

  @Test
  void aGuardIsLookedAtWithTheChange() {
    long token = script.lock("anna");
    assertThat(script.map("anna", put("apples", "5"), token).hasMapChanged()).isTrue();
    assertThat(refusal(script.map("bert", put("apples", "9"), token + 1)))
        .isEqualTo(ErrorCode.LOCK_LOST);
    script.queue.expire("anna");
    assertThat(refusal(script.map("bert", put("apples", "9"), token)))
        .isEqualTo(ErrorCode.LOCK_LOST);
    assertThat(script.entries("", 0).getEntries(0).getValue()).isEqualTo(bytes("5"));
    script.delete("bert", DataScript.LOCK);
    assertThat(refusal(script.map("bert", put("apples", "9"), token)))
        .isEqualTo(ErrorCode.OBJECT_UNKNOWN);
  }

  @Test
  void pagesFollowTheOrderOfTheBytes() {
    change(put("b", "2"));
    change(put("ä", "3"));
    change(put("a", "1"));
    Entries first = script.entries("", 2);
    assertThat(first.getEntriesList())
        .extracting(MapEntry::getKey)
        .containsExactly(bytes("a"), bytes("b"));
    assertThat(first.getMore()).isTrue();
    Entries second = script.entries("b", 2);
    assertThat(second.getEntriesList()).extracting(MapEntry::getKey).containsExactly(bytes("ä"));
    assertThat(second.getMore()).isFalse();
    assertThat(second.getVersion()).isEqualTo(3);
  }

  @Test
  void anAnswerTakesAMebibyteOrOneEntry() {
    ByteString large = ByteString.copyFrom(new byte[SharedObjects.VALUE_BYTES_MAX]);
    for (String key : new String[] {"a", "b"}) {
      change(ChangeMap.newBuilder().setPut(MapPut.newBuilder().setKey(bytes(key)).setValue(large)));
    }
    change(put("c", "1"));
    assertThat(script.entries("", 0).getEntriesCount()).isEqualTo(1);
    assertThat(script.entries("a", 0).getEntriesCount()).isEqualTo(1);
    assertThat(script.entries("b", 0).getEntriesCount()).isEqualTo(1);
  }

  @Test
  void whatIsTooLargeIsRefused() {
    ByteString key = ByteString.copyFrom(new byte[MapState.KEY_BYTES_MAX + 1]);
    ByteString value = ByteString.copyFrom(new byte[SharedObjects.VALUE_BYTES_MAX + 1]);
    for (MapPut.Builder put :
        new MapPut.Builder[] {
          MapPut.newBuilder().setKey(key),
          MapPut.newBuilder(),
          MapPut.newBuilder().setKey(bytes("a")).setValue(value)
        }) {
      assertThat(refusal(script.map("anna", ChangeMap.newBuilder().setPut(put), 0)))
          .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }
    assertThat(script.status(MAP).getVersion()).isZero();
  }

  @Test
  void operationsForOtherKindsAreRefused() {
    assertThat(
            refusal(
                script.send(
                    "anna",
                    Operation.newBuilder().setReleaseLock(ReleaseLock.newBuilder().setLock(MAP)))))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(
            refusal(
                script.send(
                    "anna",
                    Operation.newBuilder().setChangeMap(put("a", "1").setMap(DataScript.LOCK)))))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(
            script
                .read(ObjectQuery.newBuilder().setObject(DataScript.LOCK).setKey(bytes("a")))
                .getRefusal()
                .getCode())
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void aMapStaysWhenItsSessionsEnd() {
    change(put("apples", "5"));
    script.queue.expire("anna");
    script.queue.passMillis(1L << 40);
    assertThat(script.entries("", 0).getEntriesCount()).isEqualTo(1);
  }
}
