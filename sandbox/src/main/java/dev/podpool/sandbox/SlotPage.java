package dev.podpool.sandbox;

import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file mapped by a child and its supervisor, in which the child notes what it has begun: a store
 * an item instead of a message, and it outlives the child.
 *
 * <p>Items of a child are numbered from 0 in the order in which they are sent to it. Four words:
 *
 * <ul>
 *   <li><b>begun</b>, written by the child: items that it has claimed.
 *   <li><b>revocations</b>, written by the supervisor: how often it has forbidden further claims.
 *   <li><b>done</b>, written by the child: items whose function has returned or thrown. {@code
 *       begun - done} is 0 or 1.
 *   <li><b>started</b>, written by the child: {@link System#nanoTime} (one clock for all processes
 *       of a Linux host) of the latest claim.
 * </ul>
 *
 * <p>To claim item {@code k} the child writes begun = {@code k + 1}, and then looks whether there
 * is a revocation that it has not obeyed; if so it writes {@code k} again, and claims nothing
 * before it has read the {@link Frames#REVOKE} that is on its way. To revoke, the supervisor counts
 * one more revocation, and then looks at begun. Each writes before it reads, with a full fence
 * between, so at least one sees the other. If both do, the supervisor takes {@code k} for begun and
 * leaves it to the child, which claims it once more when it has obeyed: late, but as agreed.
 *
 * <p>After the child's death items in [done, begun) were running, and those from begun on never
 * began; exact but for a child that dies within a claim that fails. Fences and plain access rather
 * than a view by VarHandle: that costs a child's start 50 ms.
 */
public final class SlotPage {
  /** Bytes of the file. */
  public static final int BYTES = 4096;

  // A cache line each: the supervisor's reads of one must not slow the child's writes of another.
  private static final int BEGUN = 0;
  private static final int REVOCATIONS = 64;
  private static final int DONE = 128;
  private static final int STARTED = 192;

  private final MappedByteBuffer words;

  private SlotPage(MappedByteBuffer words) {
    this.words = words;
    words.order(ByteOrder.nativeOrder()); // so that a word is one access
  }

  /** Maps {@code file}, which is created with zeros if it is not there. */
  public static SlotPage map(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return new SlotPage(channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES));
    }
  }

  /**
   * The child begins item {@code sequence}, the next in turn.
   *
   * @param obeyed revocations that the child has read so far
   * @return false if the supervisor has revoked: nothing has begun, and a {@link Frames#REVOKE} is
   *     on its way
   */
  boolean claim(long sequence, long obeyed, long nowNanos) {
    // Before the claim, so that whoever sees the item begun sees its start.
    words.putLong(STARTED, nowNanos);
    VarHandle.releaseFence();
    words.putLong(BEGUN, sequence + 1);
    VarHandle.fullFence();
    if (words.getLong(REVOCATIONS) == obeyed) {
      return true;
    }
    words.putLong(BEGUN, sequence);
    return false;
  }

  /** The child has ended every item before {@code sequence}. */
  void done(long sequence) {
    VarHandle.releaseFence();
    words.putLong(DONE, sequence);
  }

  /**
   * The supervisor forbids further claims. It must send a {@link Frames#REVOKE} naming an item no
   * lower than the returned one, or kill the child.
   *
   * @return items that are the child's: they have begun, or one of them will
   */
  public long revoke() {
    words.putLong(REVOCATIONS, words.getLong(REVOCATIONS) + 1);
    VarHandle.fullFence();
    return begun();
  }

  /** Items that have begun; may change at any time, unless the child is dead. */
  public long begun() {
    long begun = words.getLong(BEGUN);
    VarHandle.acquireFence();
    return begun;
  }

  /** Items that have ended. Never above a {@link #begun} read later. */
  public long done() {
    long done = words.getLong(DONE);
    VarHandle.acquireFence();
    return done;
  }

  /** When the latest item to begin began, as {@link System#nanoTime}. */
  public long startedNanos() {
    return words.getLong(STARTED);
  }
}
