package dev.podpool.queue.kubernetes;

import java.io.IOException;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** What a token says of itself: to be believed only once somebody has reviewed it. */
final class Jwt {

  private Jwt() {}

  /** When {@code token} expires; null where it does not say. */
  static @Nullable Instant expiry(String token) {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return null;
    }
    try {
      long seconds =
          ApiServer.JSON.readTree(Base64.getUrlDecoder().decode(parts[1])).path("exp").asLong(0);
      return seconds <= 0 ? null : Instant.ofEpochSecond(seconds);
    } catch (IllegalArgumentException | IOException e) {
      return null; // a token of another make
    }
  }
}
