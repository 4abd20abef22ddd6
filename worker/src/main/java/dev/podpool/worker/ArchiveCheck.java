package dev.podpool.worker;

import dev.podpool.function.internal.ClassPathArchives;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * What an archive of code must not be. Nothing of it is ever unpacked, but somebody's function may
 * do so; and a small archive that inflates without end would take the memory of whoever reads it.
 *
 * <p>The central directory is read here, as Java's own classes do not tell links; then every entry
 * is inflated once, as a directory may lie about sizes. Format: PKWARE's APPNOTE.TXT 6.3.10.
 */
final class ArchiveCheck {
  static final long INFLATED_BYTES_MAX = 2L << 30;
  static final int RATIO_MAX = 200;
  private static final int RATIO_FROM_BYTES = 1 << 20;
  private static final int DIRECTORY_BYTES_MAX = 64 << 20;

  private static final int END = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int END64_LOCATOR = 0x07064b50;
  private static final int END64_LOCATOR_BYTES = 20;
  private static final int END64 = 0x06064b50;
  private static final int END64_BYTES = 56;
  private static final int ENTRY = 0x02014b50;
  private static final int ENTRY_BYTES = 46;
  private static final int COMMENT_BYTES_MAX = 0xffff;
  private static final int UNIX_TYPE = 0170000;
  private static final int UNIX_LINK = 0120000;

  private record Directory(ByteBuffer entries, int count) {}

  private ArchiveCheck() {}

  /**
   * Why {@code archive} must not be used; null if it may be.
   *
   * @param progress called now and then: a large one takes seconds
   */
  static @Nullable String problem(Path archive, Runnable progress) throws IOException {
    try (FileChannel channel = FileChannel.open(archive)) {
      Directory directory = directory(channel);
      String problem = names(directory.entries, directory.count);
      return problem == null ? inflated(archive, directory.count, progress) : problem;
    } catch (ZipException | EOFException e) {
      return "it is damaged, or no jar: " + e.getMessage();
    }
  }

  private static Directory directory(FileChannel channel) throws IOException {
    long size = channel.size();
    int tailBytes =
        (int) Math.min(size, END_BYTES + COMMENT_BYTES_MAX + (long) END64_LOCATOR_BYTES);
    ByteBuffer tail = read(channel, size - tailBytes, tailBytes);
    int at = tailBytes - END_BYTES;
    while (at >= 0 && tail.getInt(at) != END) {
      at--;
    }
    // Java would look on where a comment does not fit: it might see another directory than we.
    if (at < 0 || at + END_BYTES + (tail.getShort(at + 20) & 0xffff) != tailBytes) {
      throw new ZipException("it has no end");
    }
    long count = tail.getShort(at + 10) & 0xffff;
    long bytes = tail.getInt(at + 12) & 0xffffffffL;
    long offset = tail.getInt(at + 16) & 0xffffffffL;
    long end = size - tailBytes + at;
    boolean large = count == 0xffff || bytes == 0xffffffffL || offset == 0xffffffffL;
    int locator = at - END64_LOCATOR_BYTES;
    if (large && locator >= 0 && tail.getInt(locator) == END64_LOCATOR) {
      end = tail.getLong(locator + 8);
      ByteBuffer end64 = read(channel, end, END64_BYTES);
      if (end64.getInt(0) != END64) {
        throw new ZipException("it has no end");
      }
      count = end64.getLong(32);
      bytes = end64.getLong(40);
    }
    if (count < 0 || count > ClassPathArchives.ENTRIES_MAX || bytes > DIRECTORY_BYTES_MAX) {
      throw new ZipException(
          "it has more than "
              + ClassPathArchives.ENTRIES_MAX
              + " entries, or their names take more than "
              + DIRECTORY_BYTES_MAX
              + " bytes");
    }
    return new Directory(read(channel, end - bytes, (int) bytes), (int) count);
  }

  private static ByteBuffer read(FileChannel channel, long position, int count) throws IOException {
    if (position < 0 || count < 0 || position + count > channel.size()) {
      throw new ZipException("it points out of itself");
    }
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new EOFException("it was cut off");
      }
    }
    return bytes.position(0);
  }

  private static @Nullable String names(ByteBuffer directory, int count) throws ZipException {
    for (int i = 0; i < count; i++) {
      int at = directory.position();
      if (directory.remaining() < ENTRY_BYTES || directory.getInt(at) != ENTRY) {
        throw new ZipException("its directory ends at entry " + i + " of " + count);
      }
      byte[] name = new byte[directory.getShort(at + 28) & 0xffff];
      int further = (directory.getShort(at + 30) & 0xffff) + (directory.getShort(at + 32) & 0xffff);
      if (directory.remaining() < ENTRY_BYTES + name.length + further) {
        throw new ZipException("its directory ends at entry " + i + " of " + count);
      }
      directory.position(at + ENTRY_BYTES).get(name).position(directory.position() + further);
      String text = new String(name, StandardCharsets.UTF_8);
      boolean link = (directory.getInt(at + 38) >>> 16 & UNIX_TYPE) == UNIX_LINK;
      String problem = link ? "is a symbolic link" : problem(text);
      if (problem != null) {
        return "its entry '" + UnusableException.shown(text) + "' " + problem;
      }
    }
    return null;
  }

  private static @Nullable String problem(String name) {
    if (name.isEmpty() || name.indexOf('\0') >= 0) {
      return "has no name";
    }
    if (name.startsWith("/") || name.matches("(?s)[A-Za-z]:.*")) {
      return "has an absolute path";
    }
    if (name.indexOf('\\') >= 0) {
      return "has a backslash in its name";
    }
    for (String part : name.split("/")) {
      if (part.equals("..")) {
        return "leads out of the archive";
      }
    }
    return null;
  }

  private static @Nullable String inflated(Path archive, int count, Runnable progress)
      throws IOException {
    long total = 0;
    long ratioLimit = Math.max(RATIO_FROM_BYTES, RATIO_MAX * Files.size(archive));
    byte[] buffer = new byte[64 << 10];
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      if (zip.size() != count) {
        throw new ZipException("Java sees " + zip.size() + " of its " + count + " entries");
      }
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        try (InputStream in = zip.getInputStream(entries.nextElement())) {
          int read;
          while ((read = in.read(buffer)) >= 0) {
            total += read;
            progress.run();
            if (total > INFLATED_BYTES_MAX) {
              return "it inflates to more than " + INFLATED_BYTES_MAX + " bytes (2 GiB)";
            }
            if (total > ratioLimit) {
              return "it inflates to more than " + RATIO_MAX + " times its size";
            }
          }
        }
      }
    }
    return null;
  }
}
