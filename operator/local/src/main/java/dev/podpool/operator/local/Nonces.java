package dev.podpool.operator.local;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.UUID;

/** What names a session before the queue has numbered it. */
final class Nonces {

  private Nonces() {}

  /** 16 random bytes. */
  static ByteString next() {
    UUID random = UUID.randomUUID();
    return ByteString.copyFrom(
        ByteBuffer.allocate(16)
            .putLong(random.getMostSignificantBits())
            .putLong(random.getLeastSignificantBits())
            .flip());
  }
}
