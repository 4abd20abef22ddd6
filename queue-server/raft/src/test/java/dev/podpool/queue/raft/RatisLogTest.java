package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UnknownFieldSet;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Execution(ExecutionMode.CONCURRENT)
class RatisLogTest {

  @TempDir Path directory;
  final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private String dataSince;

  RatisSettings settings() {
    return RatisSettings.of(directory.resolve("data"), failures::add)
        .withEntryBytesMax(64 << 10)
        .withDataSince(dataSince);
  }

  @Test
  void entriesAreAppliedInOrderAndAgainAfterARestart() throws Exception {
    Numbered first = new Numbered();
    try (RatisLog log = new RatisLog(settings())) {
      log.start(first);
      first.append(log, 50, 300);
    }
    Numbered second = new Numbered();
    try (RatisLog log = new RatisLog(settings())) {
      log.start(second);
      assertThat(second.calls()).containsExactly("lead 50");
      second.append(log, 10, 300);
    }

    assertThat(first.calls()).containsExactly("lead 0");
    assertThat(second.term()).isGreaterThan(first.term());
    assertThat(second.applied()).isEqualTo(60);
    assertThat(second.hash()).isEqualTo(Numbered.hashAfter(60, 300));
    assertThat(failures).isEmpty();
  }

  @Test
  void theAppendersOwnObjectIsApplied() throws Exception {
    Entry entry = Numbered.entry(1, 10);
    Entry[] applied = new Entry[1];
    Numbered replica =
        new Numbered() {
          @Override
          public void apply(Entry what) {
            applied[0] = what;
            super.apply(what);
          }
        };
    try (RatisLog log = new RatisLog(settings())) {
      log.start(replica);
      log.append(entry);
      replica.await(() -> applied[0] != null);
    }

    assertThat(applied[0]).isSameAs(entry);
  }

  @Test
  void whoHasSyncedAnEntryAppliesIt() throws Exception {
    List<String> threads = new CopyOnWriteArrayList<>();
    Numbered replica =
        new Numbered() {
          @Override
          public void apply(Entry what) {
            threads.add(Thread.currentThread().getName());
            super.apply(what);
          }
        };
    try (RatisLog log = new RatisLog(settings())) {
      log.start(replica);
      // Where Ratis lags behind it is its own thread's turn: rarely.
      while (threads.stream().noneMatch(name -> name.contains("SegmentedRaftLogWorker"))) {
        replica.append(log, 1, 10);
        assertThat(threads).hasSizeLessThan(1_000);
      }
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void theReplicaMayAppendFromItsOwnMethods() throws Exception {
    RatisLog[] log = new RatisLog[1];
    Numbered replica =
        new Numbered() {
          @Override
          public void lead(long term) {
            super.lead(term);
            log[0].append(entry(1, 10));
          }

          @Override
          public void apply(Entry what) {
            super.apply(what);
            if (applied() < 20) {
              log[0].append(entry(applied() + 1, 10));
            }
          }
        };
    try (RatisLog opened = new RatisLog(settings())) {
      log[0] = opened;
      opened.start(replica);
      replica.await(() -> replica.applied() == 20);
    }

    assertThat(failures).isEmpty();
  }

  @Test
  void anEntryAboveTheLimitIsRefusedAndTheLogGoesOn() throws Exception {
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings())) {
      log.start(replica);
      Entry large = Numbered.entry(1, 64 << 10);
      assertThatThrownBy(() -> log.append(large))
          .isInstanceOf(LogException.class)
          .hasMessageContaining("above entryBytesMax, 65536");
      int envelope = large.getSerializedSize() - (64 << 10);
      replica.append(log, 1, (64 << 10) - envelope); // just within
    }

    assertThat(replica.applied()).isEqualTo(1);
    assertThat(failures).isEmpty();
  }

  @Test
  void noPortIsOpenedAndFilesAreTheOwnersAlone() throws Exception {
    List<String> before = listening();
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings().withSnapshotLogBytes(1000))) {
      log.start(replica);
      replica.append(log, 10, 300);
      replica.await(() -> replica.calls.stream().anyMatch(call -> call.startsWith("snapshot")));

      assertThat(listening()).isEqualTo(before);
    }
    for (Path file : LogFiles.all(directory.resolve("data"))) {
      assertThat(Files.getPosixFilePermissions(file))
          .as("%s", file)
          .isEqualTo(Files.isDirectory(file) ? Disk.DIRECTORY : Disk.FILE);
    }
  }

  /** The sockets that this process listens on, as the kernel numbers them. */
  private static List<String> listening() throws IOException {
    List<String> mine;
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      mine =
          files
              .map(
                  file -> {
                    try {
                      return Files.readSymbolicLink(file).toString();
                    } catch (IOException e) {
                      return "";
                    }
                  })
              .toList();
    }
    return Stream.of("tcp", "tcp6")
        .map(family -> Path.of("/proc/self/net", family))
        .filter(Files::exists)
        .flatMap(
            table -> {
              try {
                return Files.readAllLines(table).stream().skip(1);
              } catch (IOException e) {
                return Stream.empty();
              }
            })
        .map(line -> line.strip().split("\\s+"))
        .filter(columns -> columns[3].equals("0A"))
        .map(columns -> "socket:[" + columns[9] + "]")
        .filter(mine::contains)
        .sorted()
        .toList();
  }

  @Test
  void aReplicaThatThrowsIsTheLogsEndAndToldOnce() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    Numbered replica =
        new Numbered() {
          @Override
          public void apply(Entry what) {
            if (what.getTimeMillis() == 4) {
              throw new IllegalStateException("broken invariant");
            }
            super.apply(what);
          }
        };
    RatisSettings settings =
        RatisSettings.of(
            directory.resolve("data"),
            e -> {
              failures.add(e);
              told.countDown();
            });
    try (RatisLog log = new RatisLog(settings)) {
      log.start(replica);
      replica.append(log, 3, 10);
      log.append(Numbered.entry(4, 10));
      told.await();
      log.append(Numbered.entry(4, 10));
    }

    assertThat(replica.applied()).isEqualTo(3);
    assertThat(failures).hasSize(1);
    assertThat(failures.getFirst()).hasMessage("broken invariant");
  }

  @Test
  void aDirectoryInUseIsRefusedWithItsHolder() throws Exception {
    try (RatisLog log = new RatisLog(settings())) {
      log.start(new Numbered());

      assertThatThrownBy(() -> new RatisLog(settings()).start(new Numbered()))
          .isInstanceOf(LogException.class)
          .hasMessageContaining(directory.resolve("data").toString())
          .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
    }
    try (RatisLog log = new RatisLog(settings())) {
      log.start(new Numbered());
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void aNewerFormatIsRefusedAndNothingIsTouched() throws Exception {
    run(5);
    Files.writeString(directory.resolve("data/format"), "podpool-log 2\n");

    assertRefused("has format 2, and this release reads up to 1", "run the release that wrote it");
    Files.writeString(directory.resolve("data/format"), "podpool-log 1\n");
    assertThat(run(0).applied()).isEqualTo(5);
  }

  @Test
  void aFormatFileThatSaysNothingOrIsMissingIsRefused() throws Exception {
    run(5);
    Files.writeString(directory.resolve("data/format"), "podpool");
    assertRefused("data/format does not say a format", "restore it from a copy");
    Files.delete(directory.resolve("data/format"));
    assertRefused("holds a log but no file 'format'", "restore it from a copy");
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsRefused() throws Exception {
    Files.writeString(directory.resolve("data"), "a file");
    assertRefused("cannot be read and written by user", "choose another");
  }

  @Test
  void aStartThatHangsFailsInTime() throws Exception {
    RatisSettings settings =
        settings().withSnapshotLogBytes(1000).withStartTimeout(Duration.ofSeconds(1));
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings.withStartTimeout(Duration.ofSeconds(60)))) {
      log.start(replica);
      replica.append(log, 20, 300);
    }
    CountDownLatch never = new CountDownLatch(1);
    Numbered hanging =
        new Numbered() {
          @Override
          public void restore(Snapshot snapshot) {
            try {
              never.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };

    assertThatThrownBy(() -> new RatisLog(settings).start(hanging))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("was not ready within PT1S");
    never.countDown();
  }

  @Test
  void aSegmentThatIsMissingIsRefused() throws Exception {
    run(5);
    run(5);
    run(5);
    Path second = LogFiles.named(directory, "log_").get(1);
    Files.delete(second);
    assertRefused("are missing before", "restore the data directory from a copy");
  }

  @Test
  void aLogWithoutItsVotesIsRefused() throws Exception {
    run(5);
    Files.delete(LogFiles.one(directory, "raft-meta.conf"));
    Files.delete(LogFiles.one(directory, "raft-meta"));
    assertRefused("raft-meta is missing", "restore the data directory from a copy");
  }

  @ParameterizedTest(name = "\"{0}\"")
  @ValueSource(
      strings = {
        "",
        "#\n#Sun Nov 29 17:48:13 UTC 2026\nter",
        "#\nterm=",
        "#\nterm=3",
        "term=x\nvotedFor=queue-0\n",
        "term=-3\nvotedFor=queue-0\n",
        "votedFor=queue-0\n",
        "\\u00",
        "term=0\nvotedFor=\n", // whole, and older than the log
      })
  void aVoteThatTheDiskDidNotKeepIsMadeAnewFromTheLog(String left) throws Exception {
    run(5);
    run(5);
    long before = run(5).term();
    Files.writeString(votes(), left);

    Numbered after = run(5);
    assertThat(after.term()).isGreaterThan(before);
    assertThat(after.hash()).isEqualTo(Numbered.hashAfter(20, 300));
    assertThat(run(0).applied()).isEqualTo(20); // terms that fell would be called damage here
  }

  @Test
  void anEntryOfALaterReleaseIsLeftToThatReleaseAndNothingIsLost() throws Exception {
    run(5);
    UnknownFieldSet later =
        UnknownFieldSet.newBuilder()
            .addField(98, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    try (RatisLog log = new RatisLog(settings())) {
      Numbered updated = new Numbered();
      log.start(updated);
      log.append(Numbered.entry(6, 300).toBuilder().setUnknownFields(later).build());
      updated.await(() -> updated.applied() == 6);
      updated.append(log, 4, 300);
    }
    for (int again = 0; again < 2; again++) {
      Numbered older = new Numbered();
      assertThatThrownBy(() -> new RatisLog(settings()).start(older))
          .isInstanceOf(LogException.class)
          .hasMessageMatching("entry \\d+ of the log has field 98 of Entry, which this release.*")
          .hasMessageContaining("update this replica");
      assertThat(older.applied()).isEqualTo(5);
    }

    Numbered updated = new Numbered();
    updated.update();
    try (RatisLog log = new RatisLog(settings())) {
      log.start(updated);
      assertThat(updated.applied()).isEqualTo(10);
      updated.append(log, 1, 300);
    }
  }

  @Test
  void aSnapshotOfAHigherLevelIsLeftToTheReleaseThatKnowsIt() throws Exception {
    Numbered updated = new Numbered();
    updated.update();
    try (RatisLog log = new RatisLog(settings().withSnapshotLogBytes(1000))) {
      log.start(updated); // and is raised at once, as it is the only one
      assertThat(updated.raised).containsExactly(2);
      updated.append(log, 20, 300);
    }
    assertRefused("snapshot.", "of a queue of level 2", "level 1 at most", "update this replica");
    try (RatisLog log = new RatisLog(settings())) {
      Numbered again = new Numbered();
      again.update();
      log.start(again);
      assertThat(again.applied()).isEqualTo(20);
    }
  }

  @Test
  void aVoteIsMadeAnewFromTheSnapshotWhereTheLogIsDropped() throws Exception {
    run(5);
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings().withSnapshotLogBytes(1000))) {
      log.start(replica);
      replica.append(log, 20, 300);
    }
    for (Path segment : LogFiles.named(directory, "log_")) {
      Files.delete(segment);
    }
    Files.writeString(votes(), "");

    assertThat(run(0).term()).isGreaterThan(replica.term());
  }

  @Test
  void aFirstStartThatCouldWriteNothingIsFollowedByOneThatCan() throws Exception {
    run(0);
    for (Path file : LogFiles.named(directory, "log_")) {
      Files.delete(file);
    }
    Files.delete(LogFiles.one(directory, "raft-meta.conf"));
    Files.writeString(votes(), "");

    assertThat(run(5).applied()).isEqualTo(5);
  }

  private Path votes() {
    return LogFiles.named(directory, "raft-meta").stream()
        .filter(file -> file.endsWith("raft-meta"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void anEmptyDirectoryIsRefusedWhereThereIsDataUntilThatIsBack() throws Exception {
    run(20);
    Path data = directory.resolve("data");
    Path copy = Files.move(data, directory.resolve("copy"));
    dataSince = "yesterday";

    assertRefused(data + " is empty", "there is data since yesterday", "restore a copy");
    assertRefused(data + " is empty"); // nor is what the first try has left there a log
    Files.move(data, directory.resolve("another"));
    Files.move(copy, data);

    assertThat(run(5).applied()).isEqualTo(25);
  }

  @Test
  void severalReplicasNeedANetwork() {
    assertThatThrownBy(
            () ->
                new RatisSettings(
                    directory,
                    "a",
                    List.of(new Peer("a", "a:1"), new Peer("b", "b:1")),
                    null,
                    null,
                    1,
                    1,
                    Duration.ofSeconds(1),
                    failures::add))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("have no network between them");
  }

  @Test
  void closingTwiceOrUnstartedDoesNothing() {
    RatisLog log = new RatisLog(settings());
    log.close();
    log.close();
    assertThat(failures).isEmpty();
  }

  private Numbered run(int entries) throws Exception {
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings())) {
      log.start(replica);
      return replica.append(log, entries, 300);
    }
  }

  private void assertRefused(String... words) {
    RatisLog log = new RatisLog(settings());
    assertThatThrownBy(() -> log.start(new Numbered()))
        .isInstanceOf(LogException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
    assertThat(failures).isEmpty();
  }
}
