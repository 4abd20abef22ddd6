package dev.podpool.queue.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import org.jspecify.annotations.Nullable;

/**
 * What a file in PEM says, made anew when the file looks changed. One that can't be used then
 * changes nothing: what was made last holds. Thread-safe.
 */
final class PemFile<T> {

  private static final System.Logger LOG = System.getLogger(PemFile.class.getName());

  private static final long BYTES_MAX = 1 << 20;
  private static final String REMEDY =
      "it must hold what replicas know each other by, in PEM; put another in its place by renaming";

  private final Path file;
  private final boolean isSecret;
  private final Maker<T> maker;
  private @Nullable Look last; // when it was made; guarded by this
  private T made; // guarded by this

  /** Makes something of what a file says. */
  interface Maker<T> {
    T make(String pem) throws GeneralSecurityException;
  }

  /** How a file looks. By its time alone, one that is read while it is written stays half. */
  private record Look(FileTime written, long bytes, @Nullable Object file) {
    static Look at(Path file) throws IOException {
      try {
        BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
        return new Look(now.lastModifiedTime(), now.size(), now.fileKey());
      } catch (NoSuchFileException e) {
        throw new IOException(file + " is missing: " + REMEDY, e);
      }
    }
  }

  /**
   * Of {@code file}.
   *
   * @param isSecret whether nobody but its owner may be able to read it
   * @throws IOException if it is missing, open to others, above 1 MiB, or {@code maker} can make
   *     nothing of it
   */
  PemFile(Path file, boolean isSecret, Maker<T> maker) throws IOException {
    this.file = file;
    this.isSecret = isSecret;
    this.maker = maker;
    Look now = Look.at(file);
    made = made(now);
    last = now;
  }

  /** What the file says now, or what it has said last that could be used. */
  synchronized T newest() {
    try {
      Look now = Look.at(file);
      if (!now.equals(last)) {
        made = made(now);
        last = now;
      }
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING, "the replica goes on with what was there before: {0}", e);
    }
    return made;
  }

  private T made(Look now) throws IOException {
    if (isSecret) {
      KeyFile.requireOwnerOnly(file);
    }
    if (now.bytes() > BYTES_MAX) {
      throw new IOException(
          "%s has %d bytes, at most %d: %s".formatted(file, now.bytes(), BYTES_MAX, REMEDY));
    }
    try {
      return maker.make(Files.readString(file));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException("%s can't be used (%s): %s".formatted(file, e, REMEDY), e);
    }
  }
}
