package dev.podpool.operator.cluster;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whom the certificates of queues are signed by: one authority, and the one before it for as long
 * as that is valid, so that whoever trusts both never meets a stranger.
 *
 * @param previous null if there is none, or none any more
 */
record Authorities(Authority newest, @Nullable Authority previous) {

  /** How long an authority is published before it signs: until every reader has seen it. */
  static final Duration OVERLAP = Duration.ofMinutes(10);

  private static final String CERTIFICATE = "tls.crt";
  private static final String KEY = "tls.key";
  private static final String PREVIOUS_CERTIFICATE = "previous.crt";
  private static final String PREVIOUS_KEY = "previous.key";

  /** The first there is. */
  static Authorities first(Instant now) {
    return new Authorities(Authority.make(now), null);
  }

  /** What they should be {@code now}: equal to these where nothing is due. */
  Authorities due(Instant now) {
    if (newest.isToReplace(now)) {
      return new Authorities(Authority.make(now), newest.isValid(now) ? newest : null);
    }
    return previous == null || previous.isValid(now) ? this : new Authorities(newest, null);
  }

  /**
   * Who signs for a queue.
   *
   * @param published since when that queue's clients may know the newest; null if they don't
   */
  Authority signer(Instant now, @Nullable Instant published) {
    boolean known = published != null && !now.isBefore(published.plus(OVERLAP));
    return known || previous == null || !previous.isValid(now) ? newest : previous;
  }

  /** All that are to be trusted, as PEM. */
  String bundle() {
    return newest.certificatePem() + (previous == null ? "" : previous.certificatePem());
  }

  /** As a Secret's data. */
  Map<String, String> data() {
    var data = new TreeMap<String, String>();
    data.put(CERTIFICATE, encoded(newest.certificatePem()));
    data.put(KEY, encoded(newest.keyPem()));
    if (previous != null) {
      data.put(PREVIOUS_CERTIFICATE, encoded(previous.certificatePem()));
      data.put(PREVIOUS_KEY, encoded(previous.keyPem()));
    }
    return data;
  }

  /**
   * Those of a Secret's data.
   *
   * @throws IllegalArgumentException if they are none
   */
  static Authorities of(Map<String, String> data) {
    Authority newest = Authority.of(decoded(data, CERTIFICATE), decoded(data, KEY));
    Authority previous =
        data.containsKey(PREVIOUS_CERTIFICATE)
            ? Authority.of(decoded(data, PREVIOUS_CERTIFICATE), decoded(data, PREVIOUS_KEY))
            : null;
    return new Authorities(newest, previous);
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String decoded(Map<String, String> data, String key) {
    return new String(
        Base64.getDecoder().decode(data.getOrDefault(key, "")), StandardCharsets.US_ASCII);
  }
}
