package dev.podpool.operator.cluster;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The authorities that sign for queues, in a Secret of the operator's namespace. Whoever leads
 * makes them, and replaces them when that is due. Thread-safe.
 */
final class CaStore {

  /** The Secret. */
  static final String SECRET = "podpool-ca";

  private static final System.Logger LOG = System.getLogger(CaStore.class.getName());
  private static final Duration LOOK_AGAIN = Duration.ofMinutes(10);
  private static final int ATTEMPTS_MAX = 3;

  private final ApiCalls calls;
  private final String namespace;
  private final InstantSource clock;
  private volatile @Nullable Authorities known;
  private Instant looked = Instant.MIN; // guarded by this

  /**
   * @param namespace the operator's
   */
  CaStore(ApiCalls calls, String namespace, InstantSource clock) {
    this.calls = calls;
    this.namespace = namespace;
    this.clock = clock;
  }

  /**
   * What they are, made or replaced if that is due; only for whoever leads. Asks the API server if
   * it has not done so for ten minutes.
   *
   * @throws IllegalStateException if the Secret holds something else
   */
  synchronized Authorities authorities() {
    Authorities last = known;
    Instant now = clock.instant();
    if (last != null && now.isBefore(looked.plus(LOOK_AGAIN))) {
      return last;
    }
    Authorities agreed = agreed(last, now);
    known = agreed;
    looked = now;
    return agreed;
  }

  /** Another may believe that it leads, too: whoever writes first has made them for both. */
  private Authorities agreed(@Nullable Authorities last, Instant now) {
    for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      Secret there = calls.findSecret(namespace, SECRET);
      // One that somebody has deleted is written again: all certificates are signed by it.
      Authorities stored = there == null ? last : read(there);
      Authorities due = stored == null ? Authorities.first(now) : stored.due(now);
      if (there != null && due.equals(stored)) {
        return due;
      }
      boolean isWritten =
          there == null ? calls.createIfAbsent(secret(due)) : calls.replaceData(there, due.data());
      if (isWritten) {
        LOG.log(
            System.Logger.Level.INFO,
            "queues get their certificates from an authority that is valid until {0}",
            due.newest().validUntil());
        return due;
      }
    }
    throw new IllegalStateException(
        "Secret %s in %s was changed by somebody else each of %d times that it was to be written: see who does"
            .formatted(SECRET, namespace, ATTEMPTS_MAX));
  }

  /** What they were when they were last looked at; null before that. Never waits. */
  @Nullable Authorities known() {
    return known;
  }

  private Authorities read(Secret secret) {
    try {
      return Authorities.of(secret.getData() == null ? Map.of() : secret.getData());
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          "Secret %s in %s holds no certificate authority (%s): restore it, or delete it for a new one"
                  .formatted(SECRET, namespace, e.getMessage())
              + ", which clients trust only after each queue has renewed its certificate",
          e);
    }
  }

  private Secret secret(Authorities authorities) {
    return new SecretBuilder()
        .withNewMetadata()
        .withName(SECRET)
        .withNamespace(namespace)
        .addToLabels("app.kubernetes.io/name", "podpool")
        .addToLabels("app.kubernetes.io/managed-by", Names.FIELD_MANAGER)
        .endMetadata()
        .withType("kubernetes.io/tls")
        .withData(authorities.data())
        .build();
  }
}
