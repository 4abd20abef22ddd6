package dev.podpool;

import dev.podpool.function.internal.ClassPathArchives;
import dev.podpool.function.internal.ClassPathArchives.Archive;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobsQuery;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.protocol.ReadRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A class path in a queue, so that its workers need not have it. Thread-safe. */
final class TravellingCode {

  // A blob is kept for ten minutes, of a clock that runs no faster than this one.
  private static final long THERE_NANOS = 4 * 60 * 1_000_000_000L;

  private final String classPath;
  private final boolean isOwn;
  private final QueueLink link;
  private final LinkBlobs blobs;
  // Guarded by this.
  private List<CodeArchive> archives = List.of();
  private boolean isThere;
  private long thereNanos;

  /**
   * @param classPath in the form of {@code java.class.path}
   * @param isOwn whether it is this JVM's
   */
  TravellingCode(String classPath, boolean isOwn, QueueLink link, LinkBlobs blobs) {
    this.classPath = classPath;
    this.isOwn = isOwn;
    this.link = link;
    this.blobs = blobs;
  }

  /** Whether it is this JVM's: then what is to run must be there. */
  boolean isOwn() {
    return isOwn;
  }

  /**
   * The class path, which is in the queue when this returns: the first time it is sent, as far as
   * nobody else did. Whoever comes meanwhile waits.
   */
  synchronized List<CodeArchive> archives() {
    if (!isThere || System.nanoTime() - thereNanos > THERE_NANOS) {
      // Without a class path, which programs in modules have not, there is nothing that can travel.
      List<Archive> own = classPath.isEmpty() ? List.of() : ClassPathArchives.of(classPath);
      if (!own.isEmpty()) {
        send(own);
      }
      List<CodeArchive> sent = new ArrayList<>();
      for (Archive each : own) {
        sent.add(CodeArchive.newBuilder().setName(each.name()).setArchive(blob(each)).build());
      }
      archives = List.copyOf(sent);
    }
    isThere = true;
    thereNanos = System.nanoTime(); // a job that refers to it holds it
    return archives;
  }

  /** It is not there any more: it is sent the next time. */
  synchronized void isGone() {
    isThere = false;
  }

  private static Blob blob(Archive archive) {
    return LinkBlobs.name(archive.sha256(), archive.sizeBytes());
  }

  private void send(List<Archive> own) {
    BlobsQuery.Builder query = BlobsQuery.newBuilder();
    own.forEach(each -> query.addBlobs(blob(each)));
    ReadRequest question = ReadRequest.newBuilder().setBlobs(query).build();
    Set<Blob> missing = new HashSet<>(link.read(question).getMissing().getBlobsList());
    for (Archive each : own) {
      try {
        send(each, missing.remove(blob(each)));
      } catch (IOException | PodpoolException e) {
        throw new PodpoolException(
            "the class path's entry "
                + each.name()
                + " could not be sent to the workers: "
                + e.getMessage(),
            e);
      }
    }
  }

  private void send(Archive archive, boolean isMissing) throws IOException {
    if (isMissing) {
      checkUnchanged(archive);
    }
    try (InputStream in = Files.newInputStream(archive.file())) {
      if (isMissing) {
        blobs.put(blob(archive), in);
      } else {
        blobs.touch(blob(archive), in.readNBytes(1));
      }
    }
  }

  /** The queue does not compare bytes with their digest, and nobody could run what is another's. */
  private static void checkUnchanged(Archive archive) throws IOException {
    MessageDigest digest = ClassPathArchives.sha256();
    try (InputStream in = Files.newInputStream(archive.file())) {
      byte[] buffer = new byte[64 << 10];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
    }
    if (!MessageDigest.isEqual(digest.digest(), archive.sha256())) {
      throw new IOException("it has changed since this JVM looked at it; start the program again");
    }
  }
}
