package dev.podpool.operator.local;

import dev.podpool.crd.ManifestException;
import dev.podpool.crd.Manifests;
import dev.podpool.crd.WorkerPool;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of one manifest: a pool, a changed pool, none, or words on why it is refused. Owned
 * by the runtime's thread, but for {@link #report}.
 */
final class ManagedPool {

  private final String name;
  private final Surroundings around;
  private final StatusFile status;
  private final Instant createdAt;
  private @Nullable String seen; // text of the manifest
  private @Nullable LocalPool pool;
  private boolean deleted;

  ManagedPool(String name, Surroundings around) {
    this.name = name;
    this.around = around;
    this.status = new StatusFile(around.files().status(name));
    this.createdAt = status.createdAt();
  }

  /** What was last said of it; null if nothing yet. */
  @Nullable PoolReport report() {
    return status.last();
  }

  /**
   * Has it become what {@code text} says.
   *
   * @param text of its manifest; null if it is not wanted
   * @return false once nothing is left of it
   */
  boolean want(@Nullable String text) throws IOException {
    if (text == null || deleted) {
      return !delete();
    }
    if (!text.equals(seen)) {
      apply(text);
      seen = text;
    }
    return true;
  }

  private void apply(String text) throws IOException {
    Path file = RuntimeFiles.manifest(around.files().pools(), name);
    try {
      WorkerPool manifest = read(text, file);
      status.problem("");
      RuntimeFiles.write(applied(), text);
      start(manifest, text);
    } catch (ManifestException e) {
      refused(e.problems().getFirst());
    }
  }

  private WorkerPool read(String text, Path file) throws ManifestException {
    WorkerPool manifest = Manifests.read(text, file.toString());
    String named = manifest.getMetadata().getName();
    if (!named.equals(name)) {
      throw new ManifestException(
          List.of(
              "%s: metadata.name is '%s': name the file %s.yaml, or the pool %s"
                  .formatted(file, named, named, name)));
    }
    return manifest;
  }

  private void start(WorkerPool manifest, String text) {
    String sha256 = LocalRuntime.sha256(text);
    if (pool == null) {
      pool = new LocalPool(manifest, sha256, createdAt, around, status::write);
      pool.start();
    } else {
      pool.change(manifest, sha256);
    }
  }

  /** The pool stays what it was, if it was one. */
  private void refused(String problem) throws IOException {
    status.problem("Manifest refused: " + problem);
    if (pool == null && !startFromApplied()) {
      status.write(
          new PoolReport(name, 0, 0, null, null, null, "", false, "", createdAt, Instant.now()));
    }
  }

  private boolean startFromApplied() throws IOException {
    String text = RuntimeFiles.read(applied());
    if (text == null) {
      return false;
    }
    try {
      start(read(text, applied()), text);
      return true;
    } catch (ManifestException e) {
      return false; // of a build with other rules
    }
  }

  private Path applied() {
    return RuntimeFiles.manifest(around.files().applied(), name);
  }

  /** Whether nothing is left of it. */
  private boolean delete() throws IOException {
    if (!deleted) {
      deleted = true;
      if (pool == null) {
        var _ = startFromApplied(); // it was on its way out when the last runtime ended
      }
      if (pool != null) {
        pool.delete();
      }
    }
    if (pool != null && !pool.hasEnded()) {
      return false;
    }
    Files.deleteIfExists(applied());
    status.delete();
    try (DirectoryStream<Path> logs =
        Files.newDirectoryStream(around.files().logs(), name + "-*.log*")) {
      for (Path log : logs) {
        if (log.getFileName().toString().matches(name + "-\\d+\\.log(\\.1)?")) {
          Files.deleteIfExists(log);
        }
      }
    }
    return true;
  }

  void stop(Duration within) {
    if (pool != null) {
      pool.stop(within);
    }
  }

  void awaitEnd() throws InterruptedException {
    if (pool != null) {
      pool.awaitEnd();
    }
  }
}
