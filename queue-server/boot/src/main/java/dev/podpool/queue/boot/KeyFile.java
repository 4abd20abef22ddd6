package dev.podpool.queue.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The file that holds the key: whoever can read it may do everything. */
final class KeyFile {

  static final int KEY_CHARS_MIN = 16;

  // More is no key, but some other file.
  private static final long KEY_BYTES_MAX = 4096;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private KeyFile() {}

  /**
   * The key in {@code file}, without the space around it.
   *
   * @throws IOException if there is none, or others can read it; the message has the remedy, and
   *     nothing of the key
   */
  static String read(Path file) throws IOException {
    try {
      requireOwnerOnly(file);
      long bytes = Files.size(file);
      if (bytes > KEY_BYTES_MAX) {
        throw new IOException(
            "key file %s has %d bytes, at most %d: name the file that holds the key"
                .formatted(file, bytes, KEY_BYTES_MAX));
      }
      String key = Files.readString(file).strip();
      if (key.length() < KEY_CHARS_MIN) {
        throw new IOException(
            "the key in %s has %d characters, at least %d: write a longer random one"
                .formatted(file, key.length(), KEY_CHARS_MIN));
      }
      return key;
    } catch (NoSuchFileException e) {
      throw new IOException(
          "key file %s is missing: write a random key of %d characters or more into it, with mode 600"
              .formatted(file, KEY_CHARS_MIN),
          e);
    }
  }

  /**
   * Of {@code file}, which holds a key.
   *
   * @throws IOException if it is missing, or others can read it; the message has the remedy
   */
  static void requireOwnerOnly(Path file) throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
    if (!OWNER_ONLY.containsAll(permissions)) {
      throw new IOException(
          "key file %s is open to others (%s): chmod 600 %s, and take a new key if anybody may have read it"
              .formatted(file, PosixFilePermissions.toString(permissions), file));
    }
  }
}
