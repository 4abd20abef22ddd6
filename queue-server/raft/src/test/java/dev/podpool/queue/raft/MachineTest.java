package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Checkpoint;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
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
    return machine(new Snapshots(new SnapshotFiles(directory), 1000, health, () -> {}));
  }

  private Machine machine(Snapshots snapshots) {
    return new Machine(
        replica,
        null,
        health,
        new SnapshotFiles(directory),
        snapshots,
        new DirectoryGuard(directory.resolve("raft/current")));
  }

  /** One that another replica has appended, as {@code index}. */
  private static TransactionContext of(Machine machine, long index, Entry entry) {
    return TransactionContext.newBuilder()
        .setServerRole(RaftPeerRole.FOLLOWER)
        .setStateMachine(machine)
        .setLogEntry(
            LogEntryProto.newBuilder()
                .setTerm(1)
                .setIndex(index)
                .setStateMachineLogEntry(
                    StateMachineLogEntryProto.newBuilder()
                        .setLogData(EntryMessage.of(entry).content()))
                .build())
        .build();
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
  void whoHasMadeSomethingElseOfTheLogHaltsBeforeItAppliesMore() throws Exception {
    SnapshotFiles files = new SnapshotFiles(directory);
    Snapshots snapshots = new Snapshots(files, 1000, health, () -> {});
    Machine machine = machine(snapshots);
    machine.notifyTermIndexUpdated(1, 0);
    health.ready().complete(null);
    snapshots.restored(files.write(1, 7, replica.snapshot()));
    Checkpoint other =
        Checkpoint.newBuilder().setIndex(7).setSha256(ByteString.copyFrom(new byte[32])).build();
    TransactionContext marked =
        of(machine, 8, Numbered.entry(1, 10).toBuilder().setCheckpoint(other).build());

    assertThatThrownBy(() -> machine.applyTransaction(marked))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("after entry 7 the state of this replica has SHA-256 ");
    TransactionContext next = of(machine, 9, Numbered.entry(1, 10));
    assertThatThrownBy(() -> machine.applyTransaction(next))
        .hasMessageContaining("nothing is applied any more");
    assertThat(replica.applied()).isZero();
    assertThat(failures).hasSize(1).first().isInstanceOf(LogException.class);
  }

  @Test
  void anEntryOfALaterReleaseEndsThisOneAndNothingIsApplied() {
    Machine machine = machine();
    machine.notifyTermIndexUpdated(1, 0);
    health.ready().complete(null);
    UnknownFieldSet later =
        UnknownFieldSet.newBuilder()
            .addField(98, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    Entry known = Numbered.entry(1, 10);
    TransactionContext unknown =
        of(
            machine,
            5,
            known.toBuilder()
                .setBatches(
                    0,
                    Batch.newBuilder()
                        .addOperations(Operation.newBuilder().setUnknownFields(later)))
                .build());

    assertThatThrownBy(() -> machine.applyTransaction(unknown))
        .isInstanceOf(LogException.class)
        .hasMessage(
            "entry 5 of the log has field 98 of Operation, which this release does not know: update"
                + " this replica. Nothing is lost, and it goes on from there");
    TransactionContext next = of(machine, 6, known);
    assertThatThrownBy(() -> machine.applyTransaction(next))
        .hasMessageContaining("nothing is applied any more");
    assertThat(replica.applied()).isZero();
    assertThat(failures).hasSize(1);
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
