package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.statemachine.TransactionContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Elections that one replica never sees, as it has nobody to lose against; and who applies an
 * entry.
 */
class MachineTest {

  @TempDir Path directory;
  final List<Throwable> failures = new CopyOnWriteArrayList<>();
  final Health health = new Health(failures::add);
  final Numbered replica = new Numbered();

  Machine machine() {
    return new Machine(
        replica,
        health,
        new SnapshotFiles(directory),
        new Snapshots(new SnapshotFiles(directory), 1000, health, () -> {}),
        new DirectoryGuard(directory.resolve("raft/current")));
  }

  /** What {@code machine} appends as {@code index}. */
  private static TransactionContext append(Machine machine, long index) {
    TransactionContext transaction =
        machine.startTransaction(
            RaftClientRequest.newBuilder()
                .setClientId(ClientId.randomId())
                .setServerId(RaftPeerId.valueOf("queue-0"))
                .setGroupId(RaftGroupId.randomId())
                .setCallId(index)
                .setMessage(EntryMessage.of(Numbered.entry(index, 10)))
                .setType(RaftClientRequest.writeRequestType())
                .build());
    transaction.initLogEntry(1, index);
    return transaction;
  }

  @Test
  void anEntryIsAppliedWhenSyncedUnlessRatisLagsBehindAndOnceInAnyCase() throws Exception {
    Files.createDirectories(directory.resolve("raft/current"));
    Machine machine = machine();
    machine.notifyConfigurationChanged(1, 0, RaftConfigurationProto.getDefaultInstance());
    machine.notifyLeaderReady();
    machine.notifyTermIndexUpdated(1, 0);

    TransactionContext first = append(machine, 1);
    CompletableFuture<Void> sync = machine.flush(1);
    assertThat(replica.applied()).isZero(); // it is not done
    sync.get();
    assertThat(replica.applied()).isEqualTo(1);

    TransactionContext second = append(machine, 2);
    sync = machine.flush(2);
    sync.get(); // and Ratis' turn for the first has not come
    assertThat(replica.applied()).isEqualTo(1);
    assertThat(machine.applyTransaction(first)).isCompleted();
    assertThat(replica.applied()).isEqualTo(1);
    sync = machine.flush(3);
    sync.get(); // of an entry that is Ratis' own
    assertThat(replica.applied()).isEqualTo(1);
    assertThat(machine.applyTransaction(second)).isCompleted();
    assertThat(replica.applied()).isEqualTo(2);
    assertThat(failures).isEmpty();
  }

  @Test
  void nothingIsAppliedWhenSyncedOnceTheLogHasFailedOrIsClosed() throws Exception {
    Files.createDirectories(directory.resolve("raft/current"));
    Machine machine = machine();
    machine.notifyConfigurationChanged(1, 0, RaftConfigurationProto.getDefaultInstance());
    machine.notifyLeaderReady();
    machine.notifyTermIndexUpdated(1, 0);
    var _ = append(machine, 1);
    CompletableFuture<Void> sync = machine.flush(1);

    health.fail(new IllegalStateException("the disk"));
    assertThatThrownBy(sync::get).hasMessageContaining("nothing is applied any more");
    health.close();
    sync.get();
    assertThat(replica.applied()).isZero();
  }

  @Test
  void aReplicaThatLosesTheLeadIsToldBeforeItLeadsAgain() throws Exception {
    Machine machine = machine();
    for (long term = 1; term <= 100; term++) {
      machine.notifyConfigurationChanged(term, term, RaftConfigurationProto.getDefaultInstance());
      machine.notifyLeaderReady();
      assertThat(replica.term()).isEqualTo(term);
      machine.notifyNotLeader(List.of());
    }
    replica.await(() -> replica.calls.size() == 200);

    for (int i = 0; i < 200; i += 2) {
      assertThat(replica.calls().subList(i, i + 2)).containsExactly("lead 0", "follow");
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void ratisEndingByItselfIsAFailureAndBeingClosedIsNone() throws Exception {
    Machine machine = machine();
    machine.notifyLeaderReady();
    machine.close();
    machine.close();
    assertThat(failures).hasSize(1);
    assertThat(failures.getFirst()).hasMessageContaining("Ratis has shut this replica down");

    failures.clear();
    Health other = new Health(failures::add);
    other.ready().complete(null);
    other.close();
    other.fail(new IllegalStateException());
    assertThat(failures).isEmpty();
  }
}
