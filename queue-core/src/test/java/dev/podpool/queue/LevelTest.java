package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Operation;
import dev.podpool.protocol.RaiseLevel;
import org.junit.jupiter.api.Test;

/** What the queue may be sent. */
class LevelTest {

  private final QueueScript queue = new QueueScript();

  private static Operation.Builder raise(int level) {
    return Operation.newBuilder().setRaiseLevel(RaiseLevel.newBuilder().setLevel(level));
  }

  @Test
  void theFirstLevelIsInNoSnapshotSoThatOldLogsGiveTheStateThatTheyGave() {
    assertThat(queue.machine.level()).isEqualTo(1);
    assertThat(queue.machine.snapshot().getLevel()).isZero();
  }

  @Test
  void theQueueRaisesItAndItNeverFalls() {
    queue.own(raise(3));
    queue.own(raise(2));
    assertThat(queue.machine.level()).isEqualTo(3);
    assertThat(QueueMachine.restore(queue.machine.snapshot()).level()).isEqualTo(3);
  }

  @Test
  void noKindIsOfAHigherLevelThanItsRelease() {
    for (Operation.KindCase kind : Operation.KindCase.values()) {
      assertThat(Features.HERE.levelOf(kind))
          .as("%s", kind)
          .isBetween(Features.FIRST_LEVEL, Features.HERE.levelMax());
    }
  }

  @Test
  void noSessionDoes() {
    assertThat(queue.send("client", raise(2))).isEqualTo("INVALID_ARGUMENT");
    assertThat(queue.machine.level()).isEqualTo(1);
  }
}
