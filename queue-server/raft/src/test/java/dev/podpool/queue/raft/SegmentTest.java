package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damage to a segment that Ratis itself has written. */
class SegmentTest {

  static final int BYTES_MAX = 1 << 20;

  // Says of each cut that it was made: here, of thousands.
  static final Logger CUTS = Logger.getLogger(Segment.class.getName());

  @TempDir static Path directory;
  static Path data;
  static byte[] good;
  static List<Integer> starts; // of the entries in good, and its end

  @BeforeAll
  static void writeOne() throws Exception {
    CUTS.setLevel(Level.SEVERE);
    data = directory.resolve("data");
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings(data))) {
      log.start(replica);
      // The last one spans sectors, and may have any of them missing.
      replica.append(log, 4, 60).append(log, 1, 1500).append(log, 1, 700);
    }
    Path segment = LogFiles.openSegment(data);
    good = Files.readAllBytes(segment);
    starts = new ArrayList<>(List.of(Segment.HEADER_BYTES));
    while (starts.getLast() < good.length) {
      Frame frame = Frame.read(good, starts.getLast(), good.length);
      assertThat(frame.state()).isEqualTo(Frame.State.WHOLE);
      assertThat(frame.index()).isEqualTo(starts.size() - 1);
      starts.add(frame.end());
    }
    assertThat(starts).hasSize(1 + 6 + 1); // with Ratis' own first entry
  }

  private static RatisSettings settings(Path directory) {
    return RatisSettings.of(directory, e -> {}).withEntryBytesMax(64 << 10);
  }

  @Test
  void aWholeSegmentIsLeftAsItIs() throws Exception {
    assertThat(repaired(good)).isEqualTo(good);
    assertThat(repaired(Arrays.copyOf(good, good.length + 5000))).hasSize(good.length + 5000);
  }

  @Test
  void aLastEntryThatEndsAnywhereIsCutOff() throws Exception {
    int last = starts.get(6);
    for (int end = last; end < good.length; end++) {
      byte[] torn = Arrays.copyOf(good, end);
      assertThat(repaired(torn)).as("ends at %d", end).isEqualTo(Arrays.copyOf(good, last));
      byte[] zeros = Arrays.copyOf(torn, good.length + 3000);
      assertCutOff(zeros, "zeros from " + end);
    }
  }

  @Test
  void aLastEntryOfWhichAnySectorsAreMissingIsCutOff() throws Exception {
    int last = starts.get(6);
    List<Integer> bounds = new ArrayList<>(List.of(last));
    for (int at = (last / 512 + 1) * 512; at < good.length; at += 512) {
      bounds.add(at);
    }
    bounds.add(good.length);
    int sectors = bounds.size() - 1;
    assertThat(sectors).isGreaterThan(1);
    for (int missing = 1; missing < 1 << sectors; missing++) {
      byte[] torn = Arrays.copyOf(good, good.length + 3000);
      for (int sector = 0; sector < sectors; sector++) {
        if ((missing & 1 << sector) != 0) {
          Arrays.fill(torn, bounds.get(sector), bounds.get(sector + 1), (byte) 0);
        }
      }
      assertCutOff(torn, "missing " + Integer.toBinaryString(missing));
    }
  }

  @Test
  void anyBitFlippedInAnyEntryButTheLastIsRefusedWithItsPlace() throws Exception {
    for (int at = 0; at < starts.get(6); at++) {
      for (int bit = 0; bit < 8; bit += at % 3 + 1) {
        byte[] flipped = good.clone();
        flipped[at] ^= (byte) (1 << bit);
        assertDamaged(flipped, entryAt(at));
      }
    }
  }

  @Test
  void anyBitFlippedInACompleteLastEntryIsRefusedWithItsPlaceToo() throws Exception {
    byte[] preallocated = Arrays.copyOf(good, good.length + 3000);
    for (int at = starts.get(6); at < good.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] flipped = preallocated.clone();
        flipped[at] ^= (byte) (1 << bit);
        byte[] endsEarly = Arrays.copyOf(Arrays.copyOf(good, at), flipped.length);
        if (Arrays.equals(flipped, endsEarly)) {
          continue; // the very bytes of aLastEntryThatEndsAnywhere: see the next test
        }
        assertDamaged(flipped, starts.get(6));
        assertDamaged(Arrays.copyOf(flipped, good.length), starts.get(6));
      }
    }
  }

  @Test
  void aFlipThatLeavesTheBytesOfAnEarlyEndIsTakenForOne() throws Exception {
    byte[] entry = Arrays.copyOf(good, good.length + 3000);
    int lastByte = good.length - 1;
    // The ambiguity needs a checksum that ends in a byte of one bit.
    for (int value = 0; Integer.bitCount(entry[lastByte] & 0xff) != 1; value++) {
      entry[good.length - 6] = (byte) (value >> 8);
      entry[good.length - 5] = (byte) value;
      ByteBuffer.wrap(entry)
          .putInt(good.length - 4, Frame.checksum(entry, starts.get(6), good.length));
    }
    assertThat(Frame.read(entry, starts.get(6), entry.length).state()).isEqualTo(Frame.State.WHOLE);
    entry[lastByte] = 0;

    assertCutOff(entry, "the last byte zero");
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void severalFlippedBytesAreRefused(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 500; round++) {
      byte[] flipped = good.clone();
      int first = good.length;
      for (int i = random.nextInt(1, 6); i > 0; i--) {
        int at = random.nextInt(starts.get(6));
        flipped[at] = (byte) (good[at] ^ random.nextInt(1, 256));
        first = Math.min(first, flipped[at] == good[at] ? first : at);
      }
      assertDamaged(flipped, entryAt(first));
    }
  }

  @Test
  void aClosedSegmentMayHaveNoDamageAtAll() throws Exception {
    Path file = Files.createTempFile(directory, "closed", "");
    Files.write(file, good);
    Segment.checkClosed(file, 0, 6, BYTES_MAX);
    assertThatThrownBy(() -> Segment.checkClosed(file, 0, 7, BYTES_MAX))
        .hasMessageContaining("it ends with entry 6 instead of 7");

    Files.write(file, Arrays.copyOf(good, good.length - 1));
    assertThatThrownBy(() -> Segment.checkClosed(file, 0, 6, BYTES_MAX))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("is damaged at offset " + starts.get(6));
  }

  @Test
  void aSegmentWhoseHeaderWasBeingWrittenIsRemoved() throws Exception {
    for (int length = 0; length < Segment.HEADER_BYTES; length++) {
      Path file = Files.createTempFile(directory, "unborn", "");
      Files.write(file, Arrays.copyOf(Arrays.copyOf(good, length), 4096));
      assertThat(Segment.repairOpen(file, 12, BYTES_MAX)).isEqualTo(new Segment.End(12, 0, 0));
      assertThat(file).doesNotExist();
    }
  }

  @Test
  void anEntryAboveALoweredLimitIsToldWithTheRemedy() throws Exception {
    Path file = Files.createTempFile(directory, "large", "");
    Files.write(file, good);
    assertThatThrownBy(() -> Segment.repairOpen(file, 0, 1000))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("above the 1000 that entryBytesMax allows: set it as high as it was");
  }

  @Test
  void theWholeLogStartsAgainAfterATornTailAndNotAfterAFlippedByte() throws Exception {
    Path torn = directory.resolve("torn");
    LogFiles.copy(data, torn);
    Disk.truncate(LogFiles.openSegment(torn), good.length - 300);
    Numbered replica = new Numbered();
    try (RatisLog log = new RatisLog(settings(torn))) {
      log.start(replica);
      assertThat(replica.applied()).isEqualTo(5);
      replica.append(log, 1, 700);
    }
    assertThat(replica.applied()).isEqualTo(6);

    // What was open is closed now, and another one is open.
    Path closed = LogFiles.one(torn, "log_0-");
    LogFiles.flip(closed, starts.get(3) + 20);
    assertThatThrownBy(() -> new RatisLog(settings(torn)).start(new Numbered()))
        .isInstanceOf(LogException.class)
        .hasMessageContaining(closed + " is damaged at offset " + starts.get(3))
        .hasMessageContaining("nothing is dropped: restore the data directory from a copy");

    Path flipped = directory.resolve("flipped");
    LogFiles.copy(data, flipped);
    LogFiles.flip(LogFiles.openSegment(flipped), starts.get(2) + 20);
    assertThatThrownBy(() -> new RatisLog(settings(flipped)).start(new Numbered()))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("is damaged at offset " + starts.get(2))
        .hasMessageContaining("entry 3 at offset " + starts.get(3) + " follows the damage");
  }

  /** Of the last entry nothing is left but zeros of preallocated space. */
  private void assertCutOff(byte[] torn, String what) throws IOException {
    byte[] kept = repaired(torn);
    byte[] expected = Arrays.copyOf(Arrays.copyOf(good, starts.get(6)), kept.length);
    assertThat(kept).as(what).isEqualTo(expected);
  }

  private int entryAt(int offset) {
    return starts.stream().filter(start -> start <= offset).reduce((a, b) -> b).orElse(0);
  }

  private byte[] repaired(byte[] bytes) throws IOException {
    Path file = Files.createTempFile(directory, "segment", "");
    Files.write(file, bytes);
    Segment.repairOpen(file, 0, BYTES_MAX);
    byte[] left = Files.readAllBytes(file);
    Files.delete(file);
    return left;
  }

  private void assertDamaged(byte[] bytes, int offset) throws IOException {
    Path file = Files.createTempFile(directory, "segment", "");
    Files.write(file, bytes);
    try {
      Segment.repairOpen(file, 0, BYTES_MAX);
    } catch (LogException e) {
      String place = offset < Segment.HEADER_BYTES ? "offset " : "offset " + offset + ",";
      assertThat(e.getMessage()).contains(file.toString(), "is damaged at " + place);
      assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
      return;
    } finally {
      Files.delete(file);
    }
    throw new AssertionError("accepted, from entry at " + offset + " on");
  }
}
