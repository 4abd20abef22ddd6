package dev.podpool.operator.local;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file that is added to, and its predecessor: together the newest part of what was logged.
 * Thread-safe. What can't be written is lost: nobody stops for a log.
 */
final class RollingLog implements AutoCloseable {

  private final Path file;
  private final long bytesMax;
  private @Nullable OutputStream out; // guarded by this
  private long bytes; // guarded by this

  /**
   * @param bytesMax of each of the two
   */
  RollingLog(Path file, long bytesMax) {
    this.file = file;
    this.bytesMax = bytesMax;
  }

  synchronized void append(String text) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    try {
      if (out == null || bytes + encoded.length > bytesMax) {
        open(encoded.length);
      }
      if (out != null) {
        out.write(encoded);
        bytes += encoded.length;
      }
    } catch (IOException e) {
      close();
    }
  }

  private void open(int more) throws IOException {
    close();
    bytes = Files.exists(file) ? Files.size(file) : 0;
    if (bytes > 0 && bytes + more > bytesMax) {
      Files.move(
          file,
          file.resolveSibling(file.getFileName() + ".1"),
          StandardCopyOption.REPLACE_EXISTING);
      bytes = 0;
    }
    out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  @Override
  public synchronized void close() {
    if (out != null) {
      try {
        out.close();
      } catch (IOException e) {
        // Lost, as said.
      }
      out = null;
    }
  }
}
