package dev.podpool.queue;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/** Values that are whole numbers of 64 bits, in decimal, as JSON has them. */
final class Numbers {

  static final ByteString ZERO = ByteString.copyFromUtf8("0");

  // A sign and 19 digits.
  private static final int BYTES_MAX = 20;

  private Numbers() {}

  /** The sum, which wraps around; null: {@code value} is no such number. */
  static @Nullable ByteString add(ByteString value, long delta) {
    if (value.size() > BYTES_MAX || !hasDigitsOnly(value)) {
      return null;
    }
    try {
      return ByteString.copyFromUtf8(Long.toString(Long.parseLong(value.toStringUtf8()) + delta));
    } catch (NumberFormatException e) {
      return null; // none at all, or one too large
    }
  }

  /** Not all that Long.parseLong reads is JSON. */
  private static boolean hasDigitsOnly(ByteString value) {
    for (int i = 0; i < value.size(); i++) {
      byte each = value.byteAt(i);
      if ((each < '0' || each > '9') && !(i == 0 && each == '-')) {
        return false;
      }
    }
    return true;
  }
}
