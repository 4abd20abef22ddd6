package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.PutBlob;
import dev.podpool.protocol.Refusal;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the bytes beside the log: how much of each blob has come, and when it goes. The
 * bytes themselves leave as effects, unseen: whoever reads them compares their SHA-256.
 */
final class Blobs {

  static final int SHA256_BYTES = 32;
  static final long SIZE_BYTES_MAX = 512L << 20;
  static final int PIECE_BYTES_MAX = 1 << 20;

  /** Bytes of blobs, all together, that nothing refers to: what was put and not yet used. */
  static final long UNREFERRED_BYTES_MAX = 4L << 30;

  /** Log time that a blob is kept after its last piece or reference. */
  static final long UNREFERRED_MILLIS = 10 * 60 * 1000L;

  private static final Comparator<BlobState> BY_NAME =
      Comparator.comparing(
              (BlobState state) -> state.blob.getSha256(),
              ByteString.unsignedLexicographicalComparator())
          .thenComparingLong(BlobState::sizeBytes);

  private final LinkedHashMap<Blob, BlobState> byBlob = new LinkedHashMap<>();
  private final Timers<BlobState> timers = new Timers<>(state -> state.dueAtMillis, BY_NAME);
  private long nowMillis;
  private long unreferredBytes;

  /** The time of the entry that is being applied; forgets what is due by then. */
  void startEntry(long entryMillis, Effects effects) {
    nowMillis = entryMillis;
    while (timers.isDue(nowMillis)) {
      BlobState state = timers.take();
      byBlob.remove(state.blob);
      unreferredBytes -= state.received;
      effects.blobForgotten(state.blob);
    }
  }

  private void due(BlobState state, long atMillis) {
    timers.remove(state);
    state.dueAtMillis = atMillis;
    timers.add(state);
  }

  /** Null where nothing of it is there. */
  @Nullable BlobState find(Blob blob) {
    return byBlob.get(identity(blob));
  }

  Collection<BlobState> all() {
    return byBlob.values();
  }

  /** What two blobs are the same by, whatever else a later version says of one. */
  private static Blob identity(Blob blob) {
    return Blob.newBuilder().setSha256(blob.getSha256()).setSizeBytes(blob.getSizeBytes()).build();
  }

  // ---- putting

  @Nullable Refusal put(PutBlob put, Effects effects) {
    Blob blob = identity(put.getBlob());
    ByteString data = put.getData();
    Refusal refusal = check(blob);
    if (refusal == null) {
      refusal = checkPiece(blob.getSizeBytes(), put.getOffset(), data.size());
    }
    if (refusal != null) {
      return refusal;
    }
    BlobState state = byBlob.get(blob);
    long received = state == null ? 0 : state.received;
    if (put.getOffset() > received) {
      return Refusals.invalid(
          "a piece from byte "
              + put.getOffset()
              + " on, but "
              + received
              + " bytes of the blob are there: continue with byte "
              + received);
    }
    // Another client may be putting the same, in other pieces: only what is beyond counts.
    long end = put.getOffset() + data.size();
    if (end > received && unreferredBytes + end - received > UNREFERRED_BYTES_MAX) {
      return full();
    }
    boolean isFirst = state == null;
    if (state == null) {
      state = new BlobState(blob);
      byBlob.put(blob, state);
    }
    if (!state.isReferredTo()) {
      due(state, Timers.later(nowMillis, UNREFERRED_MILLIS));
    }
    if (isFirst || end > received) {
      effects.blobWritten(blob, received, data.substring((int) (received - put.getOffset())));
      // One that is referred to is whole, so nothing comes to it.
      unreferredBytes += end - received;
      state.received = end;
    }
    return null;
  }

  private Refusal full() {
    return Refusals.of(
        ErrorCode.QUEUE_FULL,
        "blobs that no job refers to have "
            + unreferredBytes
            + " bytes, and at most "
            + UNREFERRED_BYTES_MAX
            + " are kept; hand in the jobs that need them first, or retry in ten minutes, when what"
            + " nobody used is forgotten");
  }

  /** For the invariants. */
  long unreferredBytes() {
    return unreferredBytes;
  }

  /** Why {@code blob} cannot be one; null where it can. */
  static @Nullable Refusal check(Blob blob) {
    if (blob.getSha256().size() != SHA256_BYTES) {
      return Refusals.invalid(
          "a blob with a SHA-256 of " + blob.getSha256().size() + " bytes; it has " + SHA256_BYTES);
    }
    long size = blob.getSizeBytes();
    return size >= 0 && size <= SIZE_BYTES_MAX
        ? null
        : Refusals.invalid(
            "a blob of "
                + Long.toUnsignedString(size)
                + " bytes; at most "
                + SIZE_BYTES_MAX
                + ": split what it holds");
  }

  private static @Nullable Refusal checkPiece(long sizeBytes, long offset, int pieceBytes) {
    if (pieceBytes > PIECE_BYTES_MAX) {
      return Refusals.invalid(
          "a piece of " + pieceBytes + " bytes; at most " + PIECE_BYTES_MAX + ": put smaller ones");
    }
    if (pieceBytes == 0 && sizeBytes > 0) {
      return Refusals.invalid("an empty piece of a blob of " + sizeBytes + " bytes; put some");
    }
    boolean fits =
        pieceBytes <= sizeBytes && Long.compareUnsigned(offset, sizeBytes - pieceBytes) <= 0;
    return fits
        ? null
        : Refusals.invalid(
            "a piece of "
                + pieceBytes
                + " bytes from byte "
                + Long.toUnsignedString(offset)
                + " on, of a blob of "
                + sizeBytes
                + " bytes: it ends before");
  }

  // ---- referring

  /** Whether {@code blob} is there, whole: only then it can be referred to. */
  boolean isThere(Blob blob) {
    BlobState state = find(blob);
    return state != null && state.isComplete();
  }

  /** Why these cannot be referred to; null where they can. */
  @Nullable Refusal checkAreThere(Collection<Blob> blobs) {
    for (Blob blob : blobs) {
      if (!isThere(blob)) {
        return Refusals.of(
            ErrorCode.BLOB_UNKNOWN,
            "blob " + name(blob) + " is not there, or not whole; put it, and then try again");
      }
    }
    return null;
  }

  /** For people: as {@code sha256sum} prints it, cut, with its size. */
  static String name(Blob blob) {
    StringBuilder hex = new StringBuilder("sha256:");
    ByteString sha256 = blob.getSha256();
    for (int i = 0; i < Math.min(6, sha256.size()); i++) {
      hex.append(Character.forDigit(sha256.byteAt(i) >> 4 & 0xf, 16));
      hex.append(Character.forDigit(sha256.byteAt(i) & 0xf, 16));
    }
    return hex.append("… of ").append(Long.toUnsignedString(blob.getSizeBytes())) + " bytes";
  }

  /**
   * How many bytes more {@code pool} would hold if it referred to {@code blobs}, which are there.
   */
  long wouldAdd(Collection<Blob> blobs, Pool pool) {
    long bytes = 0;
    for (Blob blob : new LinkedHashSet<>(blobs)) {
      BlobState state = find(blob);
      if (state != null && state.references(pool) == 0) {
        bytes += state.sizeBytes();
      }
    }
    return bytes;
  }

  /** Something of {@code pool} refers to {@code blob}, which is there. */
  void hold(Blob blob, Pool pool) {
    BlobState state = referred(blob);
    if (!state.isReferredTo()) {
      unreferredBytes -= state.received;
    }
    due(state, 0);
    state.hold(pool);
  }

  /** The end of one {@link #hold}. */
  void release(Blob blob, Pool pool) {
    BlobState state = referred(blob);
    state.release(pool);
    if (!state.isReferredTo()) {
      unreferredBytes += state.received;
      due(state, Timers.later(nowMillis, UNREFERRED_MILLIS));
    }
  }

  private BlobState referred(Blob blob) {
    BlobState state = find(blob);
    if (state == null || !state.isComplete()) {
      throw new IllegalStateException("a reference to what is not there: blob " + name(blob));
    }
    return state;
  }

  // ---- reads

  long nextDeadlineMillis() {
    return timers.nextMillis();
  }

  // ---- snapshot

  static BlobSnapshot snapshot(BlobState state) {
    return BlobSnapshot.newBuilder()
        .setBlob(state.blob)
        .setReceivedBytes(state.received)
        .setDueAtMillis(state.dueAtMillis)
        .build();
  }

  /** Before the jobs, which then hold again what they held. */
  void restore(BlobSnapshot from) {
    BlobState state = new BlobState(from.getBlob());
    state.received = from.getReceivedBytes();
    byBlob.put(state.blob, state);
    unreferredBytes += state.received;
    due(state, from.getDueAtMillis());
  }
}
