package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.NameQueue;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Reply;
import org.junit.jupiter.api.Test;

/** What tells one queue from all others. */
class QueueIdTest {

  private final QueueScript queue = new QueueScript();

  /** What it was answered: the queue's id, or why not. */
  private String name(String client, String id) {
    queue.client(client);
    String kind =
        queue.send(
            client,
            Operation.newBuilder()
                .setNameQueue(NameQueue.newBuilder().setId(ByteString.copyFromUtf8(id))));
    Reply reply = queue.party(client).replies.get(queue.party(client).sequence);
    return reply.hasQueueNamed() ? reply.getQueueNamed().getId().toStringUtf8() : kind;
  }

  private String id() {
    return queue.machine.snapshot().getQueueId().toStringUtf8();
  }

  @Test
  void theFirstWhoAsksNamesItAndAllOthersAreToldThat() {
    assertThat(name("anna", "abcdefgh")).isEqualTo("abcdefgh");
    queue.expire("anna");
    queue.machine = QueueMachine.restore(queue.machine.snapshot());
    assertThat(name("bert", "ijklmnop")).isEqualTo("abcdefgh");
    assertThat(id()).isEqualTo("abcdefgh");
  }

  @Test
  void oneThatAnOlderReleaseHasKeptHasNoneUntilSomebodyAsks() {
    queue.machine =
        QueueMachine.restore(queue.machine.snapshot().toBuilder().clearQueueId().build());
    assertThat(id()).isEmpty();
    assertThat(name("anna", "abcdefgh")).isEqualTo("abcdefgh");
  }

  @Test
  void anIdOfAnotherLengthIsRefused() {
    assertThat(name("anna", "")).isEqualTo("INVALID_ARGUMENT");
    assertThat(name("anna", "abcdefghi")).isEqualTo("INVALID_ARGUMENT");
    assertThat(id()).isEmpty();
  }
}
