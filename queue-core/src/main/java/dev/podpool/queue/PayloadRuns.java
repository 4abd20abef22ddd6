package dev.podpool.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Payloads;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reading runs of payloads, as {@code Payloads} in values.proto lays them out. */
final class PayloadRuns {

  private PayloadRuns() {}

  /**
   * Where each payload begins, and the end: count + 1 offsets.
   *
   * @return null where lengths and count do not fit the data
   */
  static int @Nullable [] offsets(Payloads payloads) {
    int count = payloads.getCount();
    ByteString data = payloads.getData();
    int size = data.size();
    if (count < 0 || count > size) {
      return null;
    }
    int[] offsets = new int[count + 1];
    int at = 0;
    for (int i = 0; i < count; i++) {
      offsets[i] = at;
      int length = 0;
      int shift = 0;
      byte part;
      do {
        if (at == size || shift > 28) {
          return null;
        }
        part = data.byteAt(at++);
        length |= (part & 0x7f) << shift;
        shift += 7;
      } while (part < 0);
      if (length < 0 || length > size - at) {
        return null;
      }
      at += length;
    }
    offsets[count] = at;
    return at == size ? offsets : null;
  }

  /**
   * The blobs that payloads stand for, in their order.
   *
   * @return null where {@code blobs} are not indexes of payloads, ascending, each at a Blob's bytes
   */
  static @Nullable List<Blob> blobs(Payloads payloads, int[] offsets) {
    if (payloads.getBlobsCount() == 0) {
      return List.of();
    }
    List<Blob> blobs = new ArrayList<>(payloads.getBlobsCount());
    int behind = 0;
    for (int index : payloads.getBlobsList()) {
      Blob blob =
          index < behind || index >= payloads.getCount() ? null : blob(payloads, offsets, index);
      if (blob == null) {
        return null;
      }
      blobs.add(blob);
      behind = index + 1;
    }
    return blobs;
  }

  private static @Nullable Blob blob(Payloads payloads, int[] offsets, int index) {
    int at = offsets[index];
    while (payloads.getData().byteAt(at++) < 0) {} // its length
    try {
      Blob blob = Blob.parseFrom(payloads.getData().substring(at, offsets[index + 1]));
      return Blobs.check(blob) == null ? blob : null;
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  /** The payloads from {@code from} (inclusive) to {@code to} (exclusive) of a well-formed run. */
  static Payloads slice(Payloads payloads, int[] offsets, int from, int to) {
    if (from == 0 && to == payloads.getCount()) {
      return payloads;
    }
    Payloads.Builder slice =
        Payloads.newBuilder()
            .setCount(to - from)
            .setData(payloads.getData().substring(offsets[from], offsets[to]));
    if (payloads.getBlobsCount() > 0) {
      for (int index : payloads.getBlobsList()) {
        if (index >= from && index < to) {
          slice.addBlobs(index - from);
        }
      }
    }
    return slice.build();
  }
}
