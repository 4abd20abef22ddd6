package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.SessionSnapshot;
import dev.podpool.protocol.Snapshot;
import dev.podpool.testing.disk.LossyDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The power is lost at each moment of what is written besides entries: before each write, sync and
 * change of a name. What was not synced is then there or not, in many ways.
 */
class PowerLossTest {

  private static final int WAYS = 30;

  // Old snapshots that stay, cuts that are made: here, of thousands.
  private static final Logger WARNINGS = Logger.getLogger("dev.podpool.queue.raft");

  LossyDisk disk;
  Path directory;

  @BeforeAll
  static void warnOfNothing() {
    WARNINGS.setLevel(Level.SEVERE);
  }

  @BeforeEach
  void begin() throws IOException {
    disk = new LossyDisk();
    directory = Files.createDirectory(disk.getPath("/data"));
  }

  /** What is done while the power goes. */
  private interface Change {
    void make() throws IOException;
  }

  /** What must be so afterwards, in a process that has just started. */
  private interface Look {
    void at(boolean wasDone) throws IOException;
  }

  private void atEachMoment(Change before, Change change, Look after) throws IOException {
    boolean done = false;
    for (int changes = 0; !done; changes++) {
      for (int way = 0; way < WAYS; way++) {
        begin();
        before.make();
        disk.endAfter(changes);
        try {
          change.make();
          done = true;
        } catch (IOException e) {
          assertThat(done).as("the same each time").isFalse();
        }
        disk.losePower(new SplittableRandom(1000L * changes + way), false);
        after.at(done);
      }
      assertThat(changes).as("it comes to an end").isLessThan(100);
    }
  }

  private static Snapshot state(long index) {
    byte[] session = new byte[3000];
    Arrays.fill(session, (byte) index);
    return Snapshot.newBuilder()
        .setIndex(index)
        .addSessions(
            SessionSnapshot.newBuilder()
                .setOpened(OpenSession.newBuilder().setNonce(ByteString.copyFrom(session))))
        .build();
  }

  private void newestIs(boolean wasDone) throws IOException {
    SnapshotFiles.Written newest = new SnapshotFiles(directory).newest();
    assertThat(newest).isNotNull();
    assertThat(newest.index()).isIn(10L, 20L);
    if (wasDone) {
      assertThat(newest.index()).isEqualTo(20);
    }
    assertThat(SnapshotFiles.read(newest)).isEqualTo(state(newest.index()));
  }

  @Test
  void aSnapshotTakesTheOldOnesPlaceWholeAndWhereItWasWrittenItIsThere() throws Exception {
    atEachMoment(
        () -> new SnapshotFiles(directory).write(1, 10, state(10)),
        () -> new SnapshotFiles(directory).write(1, 20, state(20)),
        this::newestIs);
  }

  @Test
  void removingTheOldOneLosesNotTheNew() throws Exception {
    for (int changes = 0; changes < 5; changes++) {
      for (int way = 0; way < WAYS; way++) {
        begin();
        SnapshotFiles files = new SnapshotFiles(directory);
        files.write(1, 10, state(10));
        SnapshotFiles.Written written = files.write(1, 20, state(20));
        disk.endAfter(changes);
        files.removeBut(written.file()); // which may fail without harm
        disk.losePower(new SplittableRandom(way), false);
        newestIs(true);
      }
    }
  }

  @Test
  void soDoesOneThatComesFromAnotherReplica() throws Exception {
    SnapshotFiles.Written theirs = new SnapshotFiles(directory).write(1, 20, state(20));
    byte[] bytes = Files.readAllBytes(theirs.file());
    List<byte[]> pieces = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += 1000) {
      pieces.add(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 1000)));
    }
    atEachMoment(
        () -> new SnapshotFiles(directory).write(1, 10, state(10)),
        () -> new SnapshotFiles(directory).receive(pieces.iterator(), (received, state) -> {}),
        this::newestIs);
  }

  private LogCheck.Tail start() throws IOException {
    return LogCheck.run(directory, new SnapshotFiles(directory).newest(), SegmentTest.BYTES_MAX);
  }

  @Test
  void oneThatComesFromAnotherReplicaTakesThePlaceOfALogThatEndsBeforeIt() throws Exception {
    SnapshotFiles.Written theirs = new SnapshotFiles(directory).write(1, 20, state(20));
    List<byte[]> pieces = List.of(Files.readAllBytes(theirs.file()));
    Change log =
        () -> {
          Disk.replace(directory.resolve(Votes.NAME), "term=1\nvotedFor=\n");
          goOnAlone();
        };
    Change receive =
        () -> new SnapshotFiles(directory).receive(pieces.iterator(), (received, state) -> {});
    atEachMoment(
        log,
        receive,
        wasDone -> {
          assertThat(start().next()).isIn(1L, 21L);
          assertThat(!wasDone || start().next() == 21).isTrue();
        });
    atEachMoment(
        () -> {
          log.make();
          receive.make();
        },
        this::start,
        wasDone -> assertThat(start().next()).isEqualTo(21));
  }

  @Test
  void oneOfThisReplicasOwnDoesNot() throws Exception {
    Disk.replace(directory.resolve(Votes.NAME), "term=1\nvotedFor=\n");
    goOnAlone();
    new SnapshotFiles(directory).write(1, 20, state(20));
    assertThatThrownBy(this::start)
        .isInstanceOf(LogException.class)
        .hasMessageContaining("entries 1 to 20, up to which there is a snapshot, are missing");
  }

  @Test
  void aFileThatIsReplacedSaysWhatItSaidOrWhatItIsToSay() throws Exception {
    atEachMoment(
        () -> Disk.replace(directory.resolve(Votes.NAME), "term=7\nvotedFor=\n"),
        () -> Disk.replace(directory.resolve(Votes.NAME), "term=8\nvotedFor=\n"),
        wasDone -> {
          long term = new Votes(directory).term();
          assertThat(term).isIn(7L, 8L);
          assertThat(!wasDone || term == 8).isTrue();
        });
  }

  private void goOnAlone() throws IOException {
    Peer self = new Peer("queue-0", "127.0.0.1:1");
    Recovery.goOnAlone(directory, LogCheck.run(directory, null, SegmentTest.BYTES_MAX), 1, self);
  }

  @Test
  void whoGoesOnAloneHasItsLogAndThatItIsAloneOrNot() throws Exception {
    Change vote = () -> Disk.replace(directory.resolve(Votes.NAME), "term=1\nvotedFor=\n");
    atEachMoment(
        vote,
        this::goOnAlone,
        wasDone -> {
          long next = LogCheck.run(directory, null, SegmentTest.BYTES_MAX).next();
          assertThat(next).isIn(0L, 1L);
          assertThat(!wasDone || next == 1).isTrue();
        });
    atEachMoment(
        () -> {
          vote.make();
          goOnAlone();
        },
        this::goOnAlone,
        wasDone -> {
          long next = LogCheck.run(directory, null, SegmentTest.BYTES_MAX).next();
          assertThat(next).isIn(1L, 2L);
          assertThat(!wasDone || next == 2).isTrue();
        });
  }

  /**
   * As it is after a kill, which leaves what was written and not synced.
   *
   * @param missing bytes of its end
   */
  private Path writeUnsyncedEntry(int missing) throws IOException {
    Disk.replace(directory.resolve(Votes.NAME), "term=1\nvotedFor=\n");
    goOnAlone();
    Path open = directory.resolve("log_inprogress_0");
    byte[] first = Files.readAllBytes(open);
    goOnAlone();
    byte[] both = Files.readAllBytes(open);
    begin();
    Disk.replace(directory.resolve(Votes.NAME), "term=1\nvotedFor=\n");
    Path file = directory.resolve("log_inprogress_0");
    Disk.write(file, ByteBuffer.wrap(first));
    Disk.syncDirectory(directory);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      int count = both.length - first.length - missing;
      channel.write(ByteBuffer.wrap(both, first.length, count), first.length);
    }
    return file;
  }

  private void assertAStartKeepsWhatItFinds() throws IOException {
    assertThat(LogCheck.run(directory, null, SegmentTest.BYTES_MAX).next()).isEqualTo(2);
    disk.losePower(new SplittableRandom(1), true);
    assertThat(LogCheck.run(directory, null, SegmentTest.BYTES_MAX).next()).isEqualTo(2);
  }

  @Test
  void whatAStartFindsIsDurableFromThereOnAsItCountsForSynced() throws Exception {
    writeUnsyncedEntry(0);

    assertAStartKeepsWhatItFinds();
  }

  /** Linux takes what it has failed to write for written, and shows it to who reads it. */
  @Test
  void soIsWhatAnEarlierSyncHasFailedToWrite() throws Exception {
    Path file = writeUnsyncedEntry(0);
    disk.failNextSync();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      assertThatThrownBy(() -> channel.force(true)).hasMessage("Input/output error");
    }

    assertAStartKeepsWhatItFinds();
  }

  @Test
  void aTornEndIsCutOffThoughThePowerGoesWhileItIs() throws Exception {
    atEachMoment(
        () -> writeUnsyncedEntry(3),
        () -> LogCheck.run(directory, null, SegmentTest.BYTES_MAX),
        wasDone ->
            assertThat(LogCheck.run(directory, null, SegmentTest.BYTES_MAX).next()).isEqualTo(1));
  }
}
