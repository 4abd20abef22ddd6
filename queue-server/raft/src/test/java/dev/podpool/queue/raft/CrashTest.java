package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Processes and disks that end in the middle. */
class CrashTest {

  static final int ENTRY_BYTES = 700;

  @TempDir Path directory;
  final List<Process> children = new ArrayList<>();
  final List<Path> mounts = new ArrayList<>();

  @AfterEach
  void end() throws Exception {
    for (Process child : children) {
      child.descendants().forEach(ProcessHandle::destroyForcibly);
      child.destroyForcibly().waitFor();
    }
    for (Path mount : mounts) {
      new ProcessBuilder("umount", "--lazy", mount.toString()).start().waitFor();
    }
  }

  /** As many as {@code -Dseeds=} says; one by default. */
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("seeds", 1));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatWasAppliedSurvivesKillsAtAnyMoment(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    long acknowledged = 0;
    for (int round = 0; round < 4; round++) {
      Process child = child(List.of(), 40_000);
      try (BufferedReader lines = child.inputReader()) {
        assertThat(number("lead", lines.readLine())).isGreaterThanOrEqualTo(acknowledged);
        // Snapshots come every fifty or so: some kills hit one.
        for (int i = random.nextInt(1, 250); i > 0; i--) {
          acknowledged = number("applied", lines.readLine());
        }
        child.toHandle().destroyForcibly(); // which leaves its output to be read
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("applied ")) {
            acknowledged = number("applied", line);
          }
        }
      }
      child.waitFor();
    }
    assertHas(directory, acknowledged);
  }

  @Test
  void anEntryIsAppliedAfterItsSyncAndPowerLossTakesNoneThatWas() throws Exception {
    assumeTrue(has("strace"), "strace is not installed: apt install strace");
    Path calls = directory.resolve("calls");
    Process child =
        child(
            List.of(
                "strace",
                "-f",
                "-qq",
                "-y",
                "-s",
                "40",
                "-o",
                calls.toString(),
                "-e",
                "trace=write,pwrite64,fdatasync,fsync"),
            1L << 30);
    long acknowledged = 0;
    try (BufferedReader lines = child.inputReader()) {
      number("lead", lines.readLine());
      while (acknowledged < 300) {
        acknowledged = number("applied", lines.readLine());
      }
      child.descendants().forEach(ProcessHandle::destroyForcibly);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("applied ")) {
          acknowledged = number("applied", line);
        }
      }
    }
    child.waitFor();

    SystemCalls seen = SystemCalls.read(calls, directory.resolve("data"));
    assertThat(seen.violations()).isEmpty();
    assertThat(seen.acknowledged()).isGreaterThanOrEqualTo(300);
    assertThat(seen.syncs()).isGreaterThanOrEqualTo(seen.acknowledged());
    // What was written and not synced is gone, as if the power were.
    Path open = LogFiles.openSegment(directory.resolve("data"));
    for (Map.Entry<Path, Long> file : seen.syncedBytes().entrySet()) {
      if (file.getKey().equals(open)) {
        Disk.truncate(open, file.getValue());
      }
    }
    assertThat(seen.syncedBytes()).containsKey(open);
    assertHas(directory, acknowledged);
  }

  @Test
  void aFailedSyncIsTheEndAndNothingIsAppliedAfterIt() throws Exception {
    assumeTrue(has("strace"), "strace is not installed: apt install strace");
    Process child =
        child(
            List.of(
                "strace",
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                "trace=fdatasync",
                "-e",
                "inject=fdatasync:error=EIO:when=60"),
            1L << 30);
    List<String> lines = child.inputReader().lines().toList();
    child.waitFor();

    List<String> failures = lines.stream().filter(line -> line.startsWith("failed")).toList();
    assertThat(failures).hasSize(1);
    assertThat(failures.getFirst()).contains("Input/output error");
    int failed = lines.indexOf(failures.getFirst());
    assertThat(failed).isGreaterThan(40);
    long acknowledged = number("applied", lines.get(failed - 1));
    assertThat(lines.subList(failed + 1, lines.size())).containsExactly("ended " + acknowledged);
    assertHas(directory, acknowledged);
  }

  @Test
  void aFullDiskIsTheEndAndARestartWithRoomHasEverything() throws Exception {
    Path disk = tmpfs("6m");
    Path ballast = disk.resolve("ballast");
    Files.write(ballast, new byte[2 << 20]);
    List<Throwable> failures = new ArrayList<>();
    CountDownLatch told = new CountDownLatch(1);
    Numbered replica = new Numbered();
    RatisSettings settings =
        RatisSettings.of(
                disk.resolve("data"),
                e -> {
                  failures.add(e);
                  told.countDown();
                  replica.wake();
                })
            .withEntryBytesMax(100 << 10);
    try (RatisLog log = new RatisLog(settings)) {
      log.start(replica);
      while (told.getCount() > 0) {
        long number = replica.applied() + 1;
        log.append(Numbered.entry(number, 50_000));
        replica.await(() -> replica.applied() == number || told.getCount() == 0);
      }
    }
    assertThat(replica.applied()).isGreaterThan(20);
    assertThat(failures).hasSize(1);
    assertThat(Disk.isFull(failures.getFirst())).isTrue();

    // No room to start either: that is said, and does no harm.
    fill(disk.resolve("rest"));
    assertThatThrownBy(() -> new RatisLog(settings).start(new Numbered()))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("No space left on device");
    Files.delete(ballast);
    Numbered again = new Numbered();
    try (RatisLog log = new RatisLog(settings)) {
      log.start(again);
      assertThat(again.applied()).isGreaterThanOrEqualTo(replica.applied());
      assertThat(again.hash()).isEqualTo(Numbered.hashAfter(again.applied(), 50_000));
      again.append(log, 5, 50_000);
    }
  }

  @Test
  void aStartOnAFullDiskIsRefusedWithTheReasonAndDoesNoHarm() throws Exception {
    Path disk = tmpfs("6m");
    RatisSettings settings = settings(disk);
    append(settings, 5);
    Path votes = LogFiles.one(disk, "raft-meta.conf").resolveSibling("raft-meta");
    String before = Files.readString(votes);

    fill(disk.resolve("rest"));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> new RatisLog(settings).start(new Numbered()))
          .isInstanceOf(LogException.class)
          .hasMessageContaining("No space left on device")
          .hasMessageContaining("start again");
      assertThat(Files.readString(votes)).isEqualTo(before);
    }
    Files.delete(disk.resolve("rest"));
    assertThat(append(settings, 5)).isEqualTo(10);
  }

  @Test
  void anElectionThatCannotBeWrittenIsToldAtOnceAndTheNextStartMendsIt() throws Exception {
    assumeTrue(has("strace"), "strace is not installed: apt install strace");
    append(settings(directory), 5);
    Path votes =
        LogFiles.one(directory.resolve("data"), "raft-meta.conf").resolveSibling("raft-meta");
    Process child =
        child(
            List.of(
                "strace",
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-P",
                votes + ".tmp",
                "-e",
                "trace=write,pwrite64",
                "-e",
                "inject=write,pwrite64:error=ENOSPC"),
            1L << 30);
    assertThat(child.inputReader().lines().toList()).isEmpty();
    child.waitFor();

    assertThat(votes).isEmptyFile(); // so Ratis leaves it
    assertThat(Files.readString(directory.resolve("stderr-0")))
        .contains(votes + " could not be written")
        .contains("then start again");
    assertThat(append(settings(directory), 5)).isEqualTo(10);
  }

  private static long append(RatisSettings settings, int entries) throws Exception {
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings)) {
      log.start(replica);
      return replica.append(log, entries, ENTRY_BYTES).applied();
    }
  }

  private static void fill(Path file) {
    byte[] page = new byte[4096];
    try (OutputStream out = Files.newOutputStream(file)) {
      while (true) {
        out.write(page);
      }
    } catch (IOException e) {
      // full
    }
  }

  @Test
  void aDirectoryOfAnotherProcessIsRefusedWithItsNumber() throws Exception {
    Process child = child(List.of(), 1L << 30);
    try (BufferedReader lines = child.inputReader()) {
      number("lead", lines.readLine());
      assertThatThrownBy(() -> new RatisLog(settings(directory)).start(new Numbered()))
          .isInstanceOf(LogException.class)
          .hasMessageContaining("in use by process " + child.pid() + ":");
    }
  }

  private static RatisSettings settings(Path directory) {
    return RatisSettings.of(directory.resolve("data"), e -> {}).withEntryBytesMax(64 << 10);
  }

  private static void assertHas(Path directory, long acknowledged) {
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings(directory))) {
      log.start(replica);
    }
    assertThat(replica.applied()).isBetween(acknowledged, acknowledged + 1);
    assertThat(replica.hash()).isEqualTo(Numbered.hashAfter(replica.applied(), ENTRY_BYTES));
  }

  private Process child(List<String> prefix, long snapshotLogBytes) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            Appender.class.getName(),
            directory.resolve("data").toString(),
            Long.toString(snapshotLogBytes),
            Integer.toString(ENTRY_BYTES)));
    Process child =
        new ProcessBuilder(command)
            .redirectError(directory.resolve("stderr-" + children.size()).toFile())
            .start();
    children.add(child);
    return child;
  }

  private long number(String word, String line) throws IOException {
    if (line == null || !line.startsWith(word + " ")) {
      throw new AssertionError(
          "'"
              + line
              + "' instead of "
              + word
              + "\n"
              + Files.readString(directory.resolve("stderr-" + (children.size() - 1))));
    }
    return Long.parseLong(line.substring(word.length() + 1));
  }

  private Path tmpfs(String size) throws Exception {
    Path mount = Files.createDirectory(directory.resolve("disk"));
    assumeTrue(has("mount"), "there is no mount command");
    Process mounted =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", mount.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(mounted.getInputStream().readAllBytes());
    assumeTrue(mounted.waitFor() == 0, "a small disk takes root, to mount: " + output);
    mounts.add(mount);
    return mount;
  }

  private static boolean has(String command) throws Exception {
    try {
      Process asked = new ProcessBuilder(command, "--version").redirectErrorStream(true).start();
      asked.getInputStream().readAllBytes();
      return asked.waitFor(10, TimeUnit.SECONDS);
    } catch (IOException e) {
      return false;
    }
  }
}
