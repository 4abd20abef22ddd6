package dev.podpool.worker;

import dev.podpool.protocol.CodeArchive;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The class paths that this worker has met of late. Owned by the supervisor's thread. */
final class Codes {
  private static final int KNOWN_MAX = 64;

  private final Backlog backlog;
  private final Slot[] slots;
  private final Map<List<CodeArchive>, Code> known = new LinkedHashMap<>(16, 0.75f, true);

  Codes(Backlog backlog, Slot[] slots) {
    this.backlog = backlog;
    this.slots = slots;
  }

  /** The one of {@code archives}. */
  Code of(List<CodeArchive> archives) {
    return known.computeIfAbsent(archives, Code::new);
  }

  /** All, those asked for longest ago first. */
  Iterable<Code> all() {
    return known.values();
  }

  /**
   * Forgets those that nothing here needs, the longest unused first, until not too many are left
   * and those that are here have at most {@code bytesMax}.
   *
   * @param arrivals whose items need theirs, too
   */
  void forget(long bytesMax, Arrivals arrivals, @Nullable CodeCache cache) {
    long bytes = 0;
    for (Code code : known.values()) {
      bytes += code.isHere() ? code.bytes() : 0;
    }
    if (bytes <= bytesMax && known.size() <= KNOWN_MAX) {
      return;
    }
    Set<Code> needed = needed(arrivals);
    Iterator<Code> eldest = known.values().iterator();
    while (eldest.hasNext() && (bytes > bytesMax || known.size() > KNOWN_MAX)) {
      Code code = eldest.next();
      if (needed.contains(code) || code.fetch != null) {
        continue;
      }
      eldest.remove();
      if (code.isHere() && cache != null) {
        bytes -= code.bytes();
        cache.release(code.files);
        code.files = List.of();
      }
    }
  }

  /** Those of items, and those that a child may load from. */
  private Set<Code> needed(Arrivals arrivals) {
    Set<Code> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    arrivals.forEach(items -> add(items, needed));
    backlog.forEach(items -> add(items, needed));
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      if (child != null) {
        child.codes(needed);
      }
    }
    return needed;
  }

  private static void add(Items items, Set<Code> needed) {
    Code code = items.workload().code;
    if (code != null) {
      needed.add(code);
    }
  }
}
