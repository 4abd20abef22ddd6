package dev.podpool.session;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.UUID;

/** The 16 random bytes that name a job, or a session that is to be opened. */
public final class RandomId {

  private RandomId() {}

  /** One that nobody else has. */
  public static ByteString next() {
    return of(UUID.randomUUID());
  }

  /** The one that {@code uuid} stands for. */
  public static ByteString of(UUID uuid) {
    ByteBuffer bytes =
        ByteBuffer.allocate(16)
            .putLong(uuid.getMostSignificantBits())
            .putLong(uuid.getLeastSignificantBits());
    return ByteString.copyFrom(bytes.flip());
  }
}
