package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Checkpoint;
import dev.podpool.protocol.ReplicaReport;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What replicas have made of the log, and when they look. */
class CheckpointsTest {

  private static final ByteString OWN = ByteString.copyFrom(new byte[] {1});
  private static final ByteString OTHER = ByteString.copyFrom(new byte[] {2});
  private static final ByteString THIRD = ByteString.copyFrom(new byte[] {3});
  private static final Checkpoint NONE = Checkpoint.getDefaultInstance();

  @TempDir Path directory;
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();

  private static ReplicaReport of(long index, ByteString digest) {
    return ReplicaReport.newBuilder().setSnapshot(named(index, digest)).build();
  }

  private static Checkpoint named(long index, ByteString digest) {
    return Checkpoint.newBuilder().setIndex(index).setSha256(digest).build();
  }

  private static Checkpoint agreed(ReplicaReport... others) {
    return Checkpoints.agreed(written(), Arrays.asList(others));
  }

  private static SnapshotFiles.Written written() {
    return new SnapshotFiles.Written(Path.of("snapshot.7"), 1, 7, 100, OWN);
  }

  @Test
  void whatMostReplicasHaveIsNamed() {
    assertThat(agreed()).isEqualTo(named(7, OWN)); // the only one is most of them
    assertThat(agreed(of(7, OWN), of(7, OWN))).isEqualTo(named(7, OWN));
    assertThat(agreed(of(7, OTHER), of(7, OWN))).isEqualTo(named(7, OWN));
    assertThat(agreed(null, of(7, OWN))).isEqualTo(named(7, OWN));
    assertThat(agreed(of(7, OTHER), of(7, OTHER)))
        .as("it is the leader that differs")
        .isEqualTo(named(7, OTHER));
  }

  @Test
  void whereTooFewSayWhatTheyHaveNoneIsNamed() {
    assertThat(agreed(null, null)).isEqualTo(NONE);
    assertThat(agreed(of(6, OWN), of(0, ByteString.EMPTY))).isEqualTo(NONE);
    assertThat(agreed(null, of(7, OTHER))).as("one of the two, but which").isEqualTo(NONE);
  }

  @Test
  void whereAllDifferTheLeadersIsNamedSoThatTheOthersHalt() {
    assertThat(agreed(of(7, OTHER), of(7, THIRD))).isEqualTo(named(7, OWN));
  }

  @Test
  void whoHasAnotherHaltsAndNobodyElse() {
    Snapshots snapshots =
        new Snapshots(new SnapshotFiles(directory), 1000, new Health(failures::add), () -> {});
    Checkpoints checkpoints = Checkpoints.alone(snapshots);
    assertThatCode(() -> checkpoints.reached(named(7, OTHER)))
        .as("it has none")
        .doesNotThrowAnyException();
    snapshots.restored(written());
    for (Checkpoint harmless : List.of(NONE, named(7, OWN), named(6, OTHER), named(8, OTHER))) {
      assertThatCode(() -> checkpoints.reached(harmless)).doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> checkpoints.reached(named(7, OTHER)))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("after entry 7 the state of this replica has SHA-256 01, and 02 is")
        .hasMessageContaining("empty the directory, and the replica joins the others again");
    snapshots.close();
  }

  @Test
  void snapshotsAreOfCheckpointsAloneAndEachNamesTheOneBefore() throws Exception {
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings(5_000))) {
      log.start(replica);
      replica.append(log, 300, 1_000);
    }
    assertThat(failures).isEmpty();
    TreeSet<String> expected = new TreeSet<>();
    long before = 0;
    replica.checkpoints.remove(300L); // its turn to be written may not have come
    for (var each : replica.checkpoints.entrySet()) {
      expected.add("snapshot " + each.getKey());
      assertThat(each.getValue().getIndex()).isEqualTo(before);
      assertThat(each.getValue().getSha256().size()).isEqualTo(before == 0 ? 0 : 32);
      before = each.getKey(); // entry 0 is Ratis' own, and all others are not
    }
    assertThat(replica.calls())
        .filteredOn(call -> call.startsWith("snapshot") && !call.endsWith(" 300"))
        .hasSizeGreaterThan(10)
        .hasSizeLessThan(61)
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void aLogFromBeforeThereWereCheckpointsGetsThem() throws Exception {
    try (RatisLog log = new RatisLog(settings(1 << 30))) {
      Numbered replica = new Numbered();
      log.start(replica);
      replica.append(log, 100, 1_000);
      assertThat(replica.checkpoints).isEmpty();
    }
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings(5_000))) {
      log.start(replica);
      assertThat(replica.calls()).containsExactly("lead 100");
      replica.append(log, 10, 1_000);
    }
    assertThat(replica.checkpoints.values().iterator().next()).as("the first").isEqualTo(NONE);
    Numbered again = new Numbered();
    try (RatisLog log = new RatisLog(settings(5_000))) {
      log.start(again);
    }
    assertThat(again.calls().getFirst()).matches("restore 1[01]\\d");
    assertThat(again.hash()).isEqualTo(Numbered.hashAfter(110, 1_000));
  }

  private RatisSettings settings(long logBytes) {
    return RatisSettings.of(directory, failures::add)
        .withEntryBytesMax(16 << 10)
        .withSnapshotLogBytes(logBytes);
  }
}
