package dev.podpool.queue.front;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.TaskOutput;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What items have printed: the newest 64 KiB of each, of as many items as there is room for, and
 * nothing of it on the disk. Thread-safe; publishing never waits for whoever follows.
 */
final class OutputRings {

  static final long ITEM_BYTES_MAX = 64 << 10;
  static final long BYTES_MAX = 64L << 20;

  // So that one piece fits its ring, whatever else it says.
  private static final int TEXT_BYTES_MAX = (int) ITEM_BYTES_MAX - 1024;

  // Of an item that has printed, beside its text.
  private static final int RING_BYTES = 256;

  private final LinkedHashMap<Item, Ring> rings = new LinkedHashMap<>(16, 0.75f, true);
  private final Set<Follower> followers = new LinkedHashSet<>();
  private long bytes;

  private record Item(ByteString jobId, long index) {}

  private static final class Ring {
    final ArrayDeque<TaskOutput> pieces = new ArrayDeque<>();
    long bytes = RING_BYTES;
    long droppedBytes;
  }

  /** Who wants to know. Called under the rings' lock: must not block. */
  interface Follower {
    /** Takes {@code output}, or loses it. */
    void take(TaskOutput output);
  }

  /** Keeps {@code printed}, of a very long one the end, and gives it to whoever follows. */
  synchronized void publish(TaskOutput printed) {
    TaskOutput output = cut(printed);
    Item item = new Item(output.getJobId(), output.getIndex());
    Ring ring = rings.computeIfAbsent(item, any -> new Ring());
    bytes += ring.pieces.isEmpty() ? RING_BYTES : 0;
    ring.pieces.add(output);
    change(ring, size(output));
    while (ring.bytes > ITEM_BYTES_MAX && ring.pieces.size() > 1) {
      drop(ring);
    }
    Iterator<Ring> oldest = rings.values().iterator();
    while (bytes > BYTES_MAX && rings.size() > 1) {
      bytes -= oldest.next().bytes;
      oldest.remove();
    }
    followers.forEach(follower -> follower.take(output));
  }

  private static TaskOutput cut(TaskOutput printed) {
    ByteString text = printed.getTextBytes();
    int from = text.size() - TEXT_BYTES_MAX;
    if (from <= 0) {
      return printed;
    }
    while (from < text.size() && (text.byteAt(from) & 0xc0) == 0x80) {
      from++; // not within a character
    }
    return printed.toBuilder()
        .setTextBytes(text.substring(from))
        .setDroppedBytes(printed.getDroppedBytes() + from)
        .build();
  }

  private void drop(Ring ring) {
    TaskOutput dropped = ring.pieces.remove();
    ring.droppedBytes += lost(dropped);
    change(ring, -size(dropped));
  }

  private void change(Ring ring, long more) {
    ring.bytes += more;
    bytes += more;
  }

  /** How many printed bytes are lost with {@code output}. */
  static long lost(TaskOutput output) {
    return output.getTextBytes().size() + output.getDroppedBytes();
  }

  private static long size(TaskOutput output) {
    return 64L + output.getSerializedSize();
  }

  /** Gives {@code follower} what there is, and then what comes. */
  synchronized void follow(OutputQuery query, Follower follower) {
    List<TaskOutput> kept = new ArrayList<>();
    for (Map.Entry<Item, Ring> each : rings.entrySet()) {
      long dropped = each.getValue().droppedBytes;
      for (TaskOutput output : each.getValue().pieces) {
        if (matches(query, output)) {
          kept.add(
              dropped == 0
                  ? output
                  : output.toBuilder().setDroppedBytes(output.getDroppedBytes() + dropped).build());
        }
        dropped = 0;
      }
    }
    kept.forEach(follower::take);
    if (!query.getNoFollow()) {
      followers.add(follower);
    }
  }

  synchronized void leave(Follower follower) {
    followers.remove(follower);
  }

  static boolean matches(OutputQuery query, TaskOutput output) {
    return (query.getJobId().isEmpty() || query.getJobId().equals(output.getJobId()))
        && (!query.hasIndex() || query.getIndex() == output.getIndex())
        && (query.getPool().isEmpty() || query.getPool().equals(output.getPool()));
  }
}
