package dev.podpool.testing.disk;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LossyDiskTest {

  LossyDisk disk = new LossyDisk();
  Path directory = disk.root();
  Path file = directory.resolve("file");

  private void write(String text) throws IOException {
    Files.write(file, text.getBytes(US_ASCII));
  }

  private void sync(Path path) throws IOException {
    StandardOpenOption way =
        Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
    try (FileChannel channel = FileChannel.open(path, way)) {
      channel.force(true);
    }
  }

  private String read(Path path) throws IOException {
    return Files.exists(path) ? new String(Files.readAllBytes(path), US_ASCII) : "none";
  }

  private void begin() {
    disk = new LossyDisk();
    directory = disk.root();
    file = directory.resolve("file");
  }

  /** What may do {@code what}, and then lose power, in a hundred ways. */
  private Set<String> afterPowerLoss(Step what) throws IOException {
    Set<String> found = new HashSet<>();
    for (int way = 0; way < 100; way++) {
      begin();
      what.run();
      disk.losePower(new SplittableRandom(way), false);
      found.add(read(file));
    }
    return found;
  }

  private interface Step {
    void run() throws IOException;
  }

  @Test
  void whatWasSyncedWithItsNameStays() throws Exception {
    Set<String> found =
        afterPowerLoss(
            () -> {
              write("synced");
              sync(file);
              sync(directory);
            });

    assertThat(found).containsExactly("synced");
  }

  @Test
  void aFileWhoseNameWasNotSyncedMayBeGone() throws Exception {
    Set<String> found =
        afterPowerLoss(
            () -> {
              write("synced");
              sync(file);
            });

    assertThat(found).containsExactlyInAnyOrder("synced", "none");
  }

  @Test
  void bytesThatWereNotSyncedMayBeThereOrZeroOrBeyondTheEnd() throws Exception {
    Set<String> found =
        afterPowerLoss(
            () -> {
              write("ab");
              sync(directory);
            });

    assertThat(found).contains("ab", "", "\0\0").isSubsetOf("ab", "a", "", "\0\0", "\0");
  }

  @Test
  void aMoveIsMadeWholeOrNotAtAll() throws Exception {
    Set<String> found =
        afterPowerLoss(
            () -> {
              write("old");
              sync(file);
              Path fresh = directory.resolve("fresh");
              Files.write(fresh, "new".getBytes(US_ASCII));
              sync(fresh);
              sync(directory);
              Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            });

    assertThat(found).containsExactlyInAnyOrder("old", "new");
  }

  @Test
  void whatASyncHasFailedToWriteIsReadAndIsNotWrittenByTheNext() throws Exception {
    write("good");
    sync(file);
    sync(directory);
    write("lost");
    disk.failNextSync();
    assertThatThrownBy(() -> sync(file)).hasMessage("Input/output error");
    sync(file);
    assertThat(read(file)).isEqualTo("lost");

    disk.losePower(new SplittableRandom(1), true);

    assertThat(read(file)).isEqualTo("good");
  }

  @Test
  void aFullDiskTakesNothingAndKeepsWhatItHas() throws Exception {
    write("kept");
    disk.fill();

    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      assertThatThrownBy(() -> channel.write(ByteBuffer.wrap(new byte[1]), 4))
          .hasMessageContaining("No space left on device");
    }
    assertThat(read(file)).isEqualTo("kept");
    disk.makeRoom();
    write("more");
    assertThat(read(file)).isEqualTo("more");
  }

  @Test
  void nothingIsChangedOnceThePowerIsGone() throws Exception {
    write("first");
    disk.endAfter(1);
    Files.delete(file); // the one change that is left
    assertThatThrownBy(() -> write("second")).hasMessage("the power is gone");
  }
}
