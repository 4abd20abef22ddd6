package dev.podpool.testing.disk;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/** A file's bytes: as who reads them sees them, and as the disk has them. */
final class LossyFile {

  private byte[] bytes = new byte[0];
  private int size;
  private byte[] durable = new byte[0];
  private int durableSize;
  // What a sync would write.
  private int changedFrom = Integer.MAX_VALUE;
  private int changedTo;

  int size() {
    return size;
  }

  int read(int at, ByteBuffer into) {
    if (at >= size) {
      return -1;
    }
    int count = Math.min(into.remaining(), size - at);
    into.put(bytes, at, count);
    return count;
  }

  void write(int at, ByteBuffer from) {
    int end = at + from.remaining();
    if (end > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
    }
    changed(Math.min(at, size), end);
    from.get(bytes, at, end - at);
    size = Math.max(size, end);
  }

  void truncate(int newSize) {
    if (newSize < size) {
      Arrays.fill(bytes, newSize, size, (byte) 0);
      changed(newSize, size);
      size = newSize;
    }
  }

  void flip(int at, int bit) {
    bytes[at] ^= (byte) (1 << bit);
    if (at < durable.length) {
      durable[at] ^= (byte) (1 << bit);
    }
  }

  private void changed(int from, int to) {
    changedFrom = Math.min(changedFrom, from);
    changedTo = Math.max(changedTo, to);
  }

  void sync() {
    if (durable.length < bytes.length) {
      durable = Arrays.copyOf(durable, bytes.length);
    }
    if (changedFrom < changedTo) {
      System.arraycopy(bytes, changedFrom, durable, changedFrom, changedTo - changedFrom);
    }
    durableSize = size;
    forget();
  }

  /** What is not synced will not be. */
  void forget() {
    changedFrom = Integer.MAX_VALUE;
    changedTo = 0;
  }

  void losePower(SplittableRandom random, boolean inOrder) {
    byte[] left = Arrays.copyOf(durable, Math.max(durable.length, bytes.length));
    int first = changedFrom / LossyDisk.SECTOR_BYTES;
    int end = (changedTo + LossyDisk.SECTOR_BYTES - 1) / LossyDisk.SECTOR_BYTES;
    int written = changedFrom < changedTo ? random.nextInt(first, end + 1) : 0;
    for (int sector = first; sector < end; sector++) {
      if (inOrder ? sector < written : random.nextBoolean()) {
        int from = Math.max(sector * LossyDisk.SECTOR_BYTES, changedFrom);
        int to = Math.min((sector + 1) * LossyDisk.SECTOR_BYTES, changedTo);
        System.arraycopy(bytes, from, left, from, to - from);
      }
    }
    int leftSize = durableSize;
    if (changedFrom < changedTo && size != durableSize) {
      int least = Math.min(size, durableSize);
      int most = Math.max(size, durableSize);
      leftSize =
          switch (random.nextInt(3)) {
            case 0 -> least;
            case 1 -> most;
            default -> random.nextInt(least, most + 1);
          };
    }
    Arrays.fill(left, Math.min(leftSize, left.length), left.length, (byte) 0);
    bytes = left;
    size = leftSize;
    durable = left.clone();
    durableSize = leftSize;
    forget();
  }
}
