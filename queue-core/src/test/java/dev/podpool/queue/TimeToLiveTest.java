package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.Operation;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How long a shared object stays that no session has open. */
class TimeToLiveTest {

  private static final long MINUTE = 60_000;
  private static final long TEN_MINUTES = 10 * MINUTE;

  private final QueueScript queue = new QueueScript();

  @BeforeEach
  void aLockForConditions() {
    queue.client("anna");
    queue.client("bert");
    queue.client("keeper");
    assertThat(open("keeper", Specs.named(ObjectKind.LOCK), Specs.of(ObjectKind.LOCK)))
        .isEqualTo("done");
  }

  private String open(String client, ObjectRef ref, ObjectSpec.Builder spec) {
    return queue.send(client, Specs.open(ref, spec));
  }

  private String keepFor(String client, ObjectRef ref, long millis) {
    return queue.send(
        client,
        Operation.newBuilder()
            .setOpenObject(OpenObject.newBuilder().setObject(ref).setTimeToLiveMillis(millis)));
  }

  private boolean isThere(ObjectRef ref) {
    return queue.machine.snapshot().getObjectsList().stream()
        .anyMatch(object -> object.getObject().equals(ref));
  }

  private void restore() {
    queue.machine = QueueMachine.restore(queue.machine.snapshot());
  }

  @ParameterizedTest
  @MethodSource("dev.podpool.queue.Specs#kinds")
  void withoutANameItStaysTenMinutesBehindTheLastSession(ObjectKind kind) {
    ObjectRef ref = Specs.anonymous(kind);
    open("anna", ref, Specs.of(kind));
    open("bert", ref, Specs.of(kind));
    queue.expire("anna");
    queue.passMillis(TEN_MINUTES);
    queue.expire("bert");
    queue.passMillis(TEN_MINUTES - 1);
    restore();
    assertThat(isThere(ref)).isTrue();
    queue.passMillis(1);
    assertThat(isThere(ref)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("dev.podpool.queue.Specs#kinds")
  void withANameItStaysUntilItIsDeletedUnlessSomebodySaysHowLong(ObjectKind kind) {
    ObjectRef ref = Specs.named(kind);
    open("anna", ref, Specs.of(kind));
    queue.expire("anna");
    queue.passMillis(365 * 24 * 60 * MINUTE);
    assertThat(isThere(ref)).isTrue();

    assertThat(keepFor("bert", ref, MINUTE)).isEqualTo("done");
    queue.expire("bert");
    queue.expire("keeper"); // which has the lock open
    restore();
    queue.passMillis(MINUTE - 1);
    assertThat(isThere(ref)).isTrue();
    queue.passMillis(1);
    assertThat(isThere(ref)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("dev.podpool.queue.Specs#kinds")
  void whoOpensItAgainFindsItAsItIsAndKeepsIt(ObjectKind kind) {
    ObjectRef ref = Specs.anonymous(kind);
    open("anna", ref, Specs.of(kind).setTimeToLiveMillis(MINUTE));
    queue.expire("anna");
    queue.passMillis(MINUTE - 1);
    assertThat(open("bert", ref, Specs.of(kind))).as("with another time").isEqualTo("done");
    queue.passMillis(TEN_MINUTES);
    assertThat(isThere(ref)).isTrue();
    queue.expire("bert");
    queue.passMillis(MINUTE - 1);
    assertThat(isThere(ref)).isTrue();
    queue.passMillis(1);
    assertThat(isThere(ref)).isFalse();
  }

  @Test
  void whatWasSaidLastCounts() {
    ObjectRef ref = Specs.named(ObjectKind.MAP);
    open("anna", ref, Specs.of(ObjectKind.MAP).setTimeToLiveMillis(TEN_MINUTES));
    keepFor("bert", ref, MINUTE);
    keepFor("anna", ref, 2 * MINUTE);
    keepFor("anna", ref, 0); // as it is
    queue.expire("anna");
    queue.expire("bert");
    queue.passMillis(2 * MINUTE - 1);
    assertThat(isThere(ref)).isTrue();
    queue.passMillis(1);
    assertThat(isThere(ref)).isFalse();
  }

  @Test
  void aTimeBelowNoneIsRefusedAndChangesNothing() {
    ObjectRef ref = Specs.named(ObjectKind.MAP);
    ObjectRef other = Specs.anonymous(ObjectKind.MAP);
    open("anna", ref, Specs.of(ObjectKind.MAP).setTimeToLiveMillis(MINUTE));
    var before = queue.machine.snapshot().getObjectsList();
    assertThat(keepFor("anna", ref, -1)).isEqualTo("INVALID_ARGUMENT");
    assertThat(open("anna", other, Specs.of(ObjectKind.MAP).setTimeToLiveMillis(-1)))
        .isEqualTo("INVALID_ARGUMENT");
    assertThat(queue.machine.snapshot().getObjectsList()).isEqualTo(before);
  }

  @Test
  void whatIsNotThereIsNotMadeByThat() {
    ObjectRef ref = Specs.named(ObjectKind.MAP);
    assertThat(keepFor("anna", ref, MINUTE)).isEqualTo("OBJECT_UNKNOWN");
    assertThat(isThere(ref)).isFalse();
  }
}
