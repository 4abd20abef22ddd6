package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Elections that one replica never sees: it has nobody to lose against. */
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
        new DirectoryGuard(directory));
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
