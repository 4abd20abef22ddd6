package dev.podpool.worker;

import dev.podpool.protocol.CodeArchive;
import dev.podpool.worker.Fetches.Fetch;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A class path that functions came with, and whether it is here. There is one for each that some
 * item needs, so it is known by identity. Owned by the supervisor's thread.
 */
final class Code {
  final List<CodeArchive> archives;
  final ArrayDeque<Items> waiting = new ArrayDeque<>();

  /** Its files, in order; empty if they are not here. */
  List<String> files = List.of();

  /** What brings them; null if nothing does. */
  @Nullable Fetch fetch;

  /** Why it is of no use; null if that is not known. */
  @Nullable UnusableException unusable;

  long unusableAtNanos;

  Code(List<CodeArchive> archives) {
    this.archives = archives;
  }

  boolean isHere() {
    return !files.isEmpty();
  }

  long bytes() {
    long bytes = 0;
    for (CodeArchive archive : archives) {
      bytes += archive.getArchive().getSizeBytes();
    }
    return bytes;
  }
}
