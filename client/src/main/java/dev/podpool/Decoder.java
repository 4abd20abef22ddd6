package dev.podpool;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.podpool.function.DecodeException;
import dev.podpool.function.internal.Codec;
import dev.podpool.function.internal.PayloadReader;
import dev.podpool.internal.BlobStore;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns outcomes into values, in the thread that wants them. */
final class Decoder {

  private Decoder() {}

  /**
   * Results in input order, from the outcomes of all items.
   *
   * @param blobs where large ones are; null where there can be none
   * @throws PodpoolException if one could not be fetched; again may help
   */
  @SuppressWarnings("unchecked")
  static <O extends @Nullable Object> List<O> list(
      List<Outcome> outcomes, Codec<?> codec, @Nullable BlobStore blobs) {
    int items = outcomes.stream().mapToInt(Outcome::getCount).sum();
    @Nullable Object[] results = new Object[items];
    for (Outcome outcome : outcomes) {
      Run run = new Run(outcome, codec, blobs);
      for (int i = (int) outcome.getFirst(); run.hasNext(); i++) {
        results[i] = run.next();
      }
    }
    return (List<O>) Collections.unmodifiableList(Arrays.asList(results));
  }

  /** The results of one outcome, one after the other. */
  static final class Run {

    private final Outcome outcome;
    private final Codec<?> codec;
    private final @Nullable BlobStore blobs;
    private final PayloadReader payloads;
    private int at;
    private int blobsBefore;

    /** Of {@code outcome}, which succeeded. */
    Run(Outcome outcome, Codec<?> codec, @Nullable BlobStore blobs) {
      this.outcome = outcome;
      this.codec = codec;
      this.blobs = blobs;
      this.payloads = new PayloadReader(outcome.getSucceeded().getData().toByteArray());
    }

    boolean hasNext() {
      return at < outcome.getCount();
    }

    /**
     * The next result.
     *
     * @throws TaskFailedException if it can't be decoded
     * @throws PodpoolException if it is kept elsewhere, and could not be fetched
     */
    @Nullable Object next() {
      long index = outcome.getFirst() + at;
      if (!payloads.next()) {
        throw new IllegalStateException("the result of item " + index + " is missing");
      }
      if (isBlob(at++)) {
        byte[] fetched = fetch(index);
        return decode(codec, fetched, 0, fetched.length, index);
      }
      return decode(codec, payloads.buffer(), payloads.offset(), payloads.length(), index);
    }

    private boolean isBlob(int index) {
      Payloads results = outcome.getSucceeded();
      boolean is = blobsBefore < results.getBlobsCount() && results.getBlobs(blobsBefore) == index;
      blobsBefore += is ? 1 : 0;
      return is;
    }

    private byte[] fetch(long index) {
      try {
        if (blobs == null) {
          throw new PodpoolException("this pool's queue keeps nothing beside its operations");
        }
        ByteBuffer name = ByteBuffer.wrap(payloads.buffer(), payloads.offset(), payloads.length());
        return blobs.get(Blob.parseFrom(name));
      } catch (PodpoolException | InvalidProtocolBufferException e) {
        throw new PodpoolException(
            "the result of item " + index + " could not be fetched: " + e.getMessage(), e);
      }
    }
  }

  private static @Nullable Object decode(
      Codec<?> codec, byte[] buffer, int offset, int length, long index) {
    try {
      return codec.decode(buffer, offset, length);
    } catch (Throwable e) { // it runs constructors of the caller's
      String reason = e instanceof DecodeException ? e.getMessage() : e.toString();
      throw new TaskFailedException(
          index,
          TaskFailedException.Kind.RESULT_NOT_DECODED,
          "",
          "the result of item " + index + " can't be decoded here: " + reason,
          e);
    }
  }
}
