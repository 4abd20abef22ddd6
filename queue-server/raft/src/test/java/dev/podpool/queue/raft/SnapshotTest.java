package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class SnapshotTest {

  @TempDir Path directory;
  final List<Throwable> failures = new CopyOnWriteArrayList<>();

  RatisSettings settings(long logBytes) {
    return RatisSettings.of(directory, failures::add)
        .withEntryBytesMax(16 << 10)
        .withSnapshotLogBytes(logBytes);
  }

  @Test
  void aRestartBeginsWithTheNewestSnapshotAndAppliesWhatFollows() throws Exception {
    Numbered first = new Numbered();
    try (RatisLog log = new RatisLog(settings(20_000))) {
      log.start(first);
      first.append(log, 100, 1000);
      awaitFiles("snapshot.", 1);
      first.append(log, 5, 1000);
    }
    Numbered second = new Numbered();
    try (RatisLog log = new RatisLog(settings(20_000))) {
      log.start(second);
    }

    assertThat(second.calls()).hasSize(2);
    assertThat(second.calls().getFirst()).startsWith("restore ");
    assertThat(second.calls().getLast()).isEqualTo("lead 105");
    assertThat(second.hash()).isEqualTo(Numbered.hashAfter(105, 1000));
    assertThat(LogFiles.named(directory, "snapshot.")).hasSize(1);
    assertThat(failures).isEmpty();
  }

  @Test
  void logAndSnapshotsStayWithinBounds() throws Exception {
    long bound = 0;
    Numbered replica = new Numbered(50_000);
    try (RatisLog log = new RatisLog(settings(200_000))) {
      log.start(replica);
      for (int round = 0; round < 40; round++) {
        replica.append(log, 20, 10_000);
        bound = Math.max(bound, LogFiles.bytes(directory));
      }
      assertThat(replica.applied() * 10_000).isEqualTo(8_000_000);
    }
    // Two segments of 1 MiB with 512 KiB preallocated, what is being written, two snapshots.
    assertThat(bound).isLessThan(3_500_000);
    assertThat(LogFiles.named(directory, "snapshot.")).hasSize(1);
    assertThat(failures).isEmpty();
  }

  @Test
  void entriesAreAppliedWhileASnapshotIsBeingWritten() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch mayGoOn = new CountDownLatch(1);
    Numbered replica =
        new Numbered() {
          @Override
          public void sync(Snapshot snapshot) {
            writing.countDown();
            try {
              mayGoOn.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        };
    try (RatisLog log = new RatisLog(settings(20_000))) {
      log.start(replica);
      replica.append(log, 25, 1000);
      writing.await();
      replica.append(log, 200, 1000);

      assertThat(replica.calls().stream().filter(call -> call.startsWith("snapshot")))
          .hasSize(1); // one at a time
      assertThat(LogFiles.named(directory, "snapshot.")).isEmpty();
      mayGoOn.countDown();
      awaitFiles("snapshot.", 1);
    }
    assertThat(replica.applied()).isEqualTo(225);
    assertThat(failures).isEmpty();
  }

  @Test
  void theReplicaIsToldOfASnapshotWhenARestartWouldBeginWithIt() throws Exception {
    CompletableFuture<String> told = new CompletableFuture<>();
    Numbered replica =
        new Numbered() {
          @Override
          public void begin(Snapshot snapshot) {
            List<Path> there = LogFiles.named(directory, "snapshot.");
            told.complete(snapshot.getIndex() + " with " + there.size() + " file");
          }
        };
    try (RatisLog log = new RatisLog(settings(20_000))) {
      log.start(replica);
      replica.append(log, 25, 1000);
      assertThat(told.get(60, TimeUnit.SECONDS)).matches("\\d+ with 1 file");
    }
  }

  @Test
  void aSnapshotForWhichThereIsNoRoomIsTriedAgain() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    Numbered replica =
        new Numbered() {
          @Override
          public void sync(Snapshot snapshot) {
            if (attempts.incrementAndGet() <= 2) {
              throw new UncheckedIOException(new IOException("No space left on device"));
            }
          }
        };
    try (RatisLog log = new RatisLog(settings(20_000))) {
      log.start(replica);
      while (attempts.get() < 3) {
        replica.append(log, 1, 1000);
      }
      awaitFiles("snapshot.", 1);
    }
    assertThat(replica.applied()).isLessThan(20 + 10 + 40);
    assertThat(failures).isEmpty();
  }

  @Test
  void whoHadNoRoomAtACheckpointTakesItsSnapshotLaterThoughNoneComes() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    Numbered replica =
        new Numbered() {
          @Override
          public void sync(Snapshot snapshot) {
            if (attempts.incrementAndGet() == 1) {
              throw new UncheckedIOException(new IOException("No space left on device"));
            }
          }
        };
    Snapshots snapshots =
        new Snapshots(new SnapshotFiles(directory), 1000, new Health(failures::add), () -> {});
    snapshots.applied(TermIndex.valueOf(1, 1), 5000, false, replica);
    assertThat(replica.calls()).as("there was no checkpoint").isEmpty();
    snapshots.applied(TermIndex.valueOf(1, 2), 10, true, replica);
    for (long index = 3; attempts.get() < 2; index++) {
      snapshots.applied(TermIndex.valueOf(1, index), 10, false, replica);
    }
    awaitFiles("snapshot.", 1);
    snapshots.close();
    assertThat(failures).isEmpty();
  }

  @Test
  void aSnapshotThatTheDiskRefusesIsTheLogsEnd() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    Numbered replica =
        new Numbered() {
          @Override
          public void sync(Snapshot snapshot) {
            throw new UncheckedIOException(new IOException("Input/output error"));
          }
        };
    RatisSettings settings =
        RatisSettings.of(
                directory,
                e -> {
                  failures.add(e);
                  told.countDown();
                })
            .withSnapshotLogBytes(5000);
    try (RatisLog log = new RatisLog(settings)) {
      log.start(replica);
      replica.append(log, 6, 1000); // when this is applied, the next is marked, if it was not
      log.append(Numbered.entry(7, 1000));
      assertThat(told.await(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(failures).hasSize(1);
    assertThat(failures.getFirst())
        .hasMessageContaining("cannot be written")
        .hasMessageContaining("check the disk");
    assertThat(LogFiles.named(directory, "snapshot.")).isEmpty();
  }

  @Test
  void anyFlippedByteOfASnapshotIsRefused() throws Exception {
    Path file = directory.resolve("snapshot.7");
    SnapshotFiles files = new SnapshotFiles(directory);
    Snapshot state = Snapshot.newBuilder().setIndex(7).setNowMillis(1234).build();
    SnapshotFiles.Written first = files.write(3, 7, state);
    byte[] good = Files.readAllBytes(file);
    SnapshotFiles.Written written = files.newest();
    assertThat(written).isEqualTo(first);
    assertThat(written)
        .isEqualTo(new SnapshotFiles.Written(file, 3, 7, good.length, digestOf(state)));
    assertThat(SnapshotFiles.read(written).getNowMillis()).isEqualTo(1234);

    for (int offset = 0; offset < good.length; offset++) {
      Files.write(file, good);
      LogFiles.flip(file, offset);
      assertThatThrownBy(files::newest)
          .as("byte %d", offset)
          .isInstanceOf(LogException.class)
          .hasMessageContaining(file + " is damaged")
          .hasMessageContaining("offset");
    }
    for (int length = 0; length < good.length; length++) {
      Files.write(file, java.util.Arrays.copyOf(good, length));
      assertThatThrownBy(files::newest).isInstanceOf(LogException.class);
    }
  }

  @Test
  void theDigestIsOfTheStateAloneSoThatItCanBeCompared() throws Exception {
    Snapshot state = Snapshot.newBuilder().setIndex(7).setNowMillis(1234).build();
    SnapshotFiles files = new SnapshotFiles(directory);
    SnapshotFiles.Written other = files.write(4, 9, state);
    assertThat(other.sha256()).isEqualTo(digestOf(state));
    SnapshotFiles.Written received =
        files.receive(List.of(Files.readAllBytes(other.file())).iterator(), (came, itsState) -> {});
    assertThat(received.sha256()).isEqualTo(digestOf(state));
  }

  @Test
  void oneOfAnotherReplicaCountsWhenAllThatItRefersToIsThereAndNotBefore() throws Exception {
    SnapshotFiles theirs = new SnapshotFiles(Files.createDirectory(directory.resolve("theirs")));
    Snapshot state = Snapshot.newBuilder().setIndex(9).build();
    byte[] sent = Files.readAllBytes(theirs.write(1, 9, state).file());
    SnapshotFiles files = new SnapshotFiles(Files.createDirectory(directory.resolve("own")));
    files.write(1, 5, Snapshot.newBuilder().setIndex(5).build());

    assertThatThrownBy(
            () ->
                files.receive(
                    List.of(sent).iterator(),
                    (came, itsState) -> {
                      assertThat(itsState).isEqualTo(state);
                      throw new IOException("a blob did not come");
                    }))
        .hasMessage("a blob did not come");
    assertThat(files.newest().index()).isEqualTo(5);
    assertThatThrownBy(() -> files.receive(List.of(new byte[100]).iterator(), (came, s) -> {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("damaged");
    assertThat(files.newest().index()).isEqualTo(5);
  }

  private static ByteString digestOf(Snapshot state) throws Exception {
    return ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(state.toByteArray()));
  }

  @Test
  void aDamagedSnapshotKeepsTheLogFromStarting() throws Exception {
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings(5000))) {
      log.start(replica);
      replica.append(log, 8, 1000);
      awaitFiles("snapshot.", 1);
    }
    LogFiles.flip(LogFiles.one(directory, "snapshot."), 45);
    assertThatThrownBy(() -> new RatisLog(settings(5000)).start(new Numbered()))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("snapshot.")
        .hasMessageContaining("have another SHA-256");
  }

  @Test
  void aNewerSnapshotIsRefusedAndOlderAndUnfinishedOnesAreRemoved() throws Exception {
    SnapshotFiles files = new SnapshotFiles(directory);
    Snapshot state = Snapshot.newBuilder().setIndex(1).build();
    files.write(1, 5, state);
    files.write(1, 9, state);
    Files.writeString(directory.resolve("unfinished.12"), "half");

    SnapshotFiles.Written newest = files.newest();

    assertThat(newest.index()).isEqualTo(9);
    assertThat(LogFiles.all(directory)).containsExactly(directory, newest.file());
  }

  private void awaitFiles(String prefix, int count) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (LogFiles.named(directory, prefix).size() != count) {
      assertThat(System.nanoTime()).as("waiting for %s*", prefix).isLessThan(end);
      Thread.onSpinWait();
    }
  }
}
