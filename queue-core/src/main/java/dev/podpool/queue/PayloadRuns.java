package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Payloads;
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

  /** The payloads from {@code from} (inclusive) to {@code to} (exclusive) of a well-formed run. */
  static Payloads slice(Payloads payloads, int[] offsets, int from, int to) {
    return Payloads.newBuilder()
        .setCount(to - from)
        .setData(payloads.getData().substring(offsets[from], offsets[to]))
        .build();
  }
}
