package dev.podpool.queue.kubernetes;

import dev.podpool.queue.front.Authenticator;
import dev.podpool.rpc.AccessDirectory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells by their tokens who calls, and remembers it: by the tokens' SHA-256, of a bounded number,
 * those that were not seen for longest forgotten first. What nobody knows is remembered apart, and
 * reviewed apart, so that no flood of wrong tokens drives out right ones or holds them up.
 */
final class TokenAuthenticator implements Authenticator {

  static final int KNOWN_MAX = 25_000;
  static final int REFUSED_MAX = 1_000;

  private static final CompletableFuture<Answer> NONE =
      CompletableFuture.completedFuture(
          new Refused(
              "no token was shown: mount one as a projected serviceAccountToken with audience "
                  + AccessDirectory.AUDIENCE
                  + ", and name its directory with PODPOOL_ACCESS"));

  private final Reviews reviews;
  private final Strangers strangers;
  private final LongSupplier clockNanos;
  private final Map<ByteBuffer, TokenCaller> known = bounded(KNOWN_MAX); // guarded by this
  private final Map<ByteBuffer, Rejected> rejected = bounded(REFUSED_MAX); // guarded by this
  private final Map<ByteBuffer, CompletableFuture<Answer>> asking =
      new HashMap<>(); // guarded by this

  private record Rejected(Refused answer, long atNanos) {}

  TokenAuthenticator(Reviews reviews, LongSupplier clockNanos) {
    this.reviews = reviews;
    this.strangers = new Strangers(reviews::whose, clockNanos);
    this.clockNanos = clockNanos;
  }

  private static <V> Map<ByteBuffer, V> bounded(int most) {
    return new LinkedHashMap<>(16, 0.75f, true) {
      @Override
      protected boolean removeEldestEntry(Map.Entry<ByteBuffer, V> eldest) {
        return size() > most;
      }
    };
  }

  @Override
  public CompletableFuture<Answer> authenticate(String token) {
    if (token.isEmpty()) {
      return NONE;
    }
    ByteBuffer digest = sha256(token);
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    TokenCaller before;
    synchronized (this) {
      Answer remembered = remembered(digest);
      if (remembered != null) {
        return CompletableFuture.completedFuture(remembered);
      }
      CompletableFuture<Answer> asked = asking.putIfAbsent(digest, answer);
      if (asked != null) {
        return asked;
      }
      before = known.get(digest);
    }
    // Not under the lock: whoever waits for the answer goes on within its completion.
    // One that was right before does not wait behind those that nobody knows.
    CompletableFuture<Reviews.Identity> review =
        before == null ? strangers.whose(token) : reviews.whose(token);
    var _ = review.thenAccept(whose -> answer.complete(settle(token, digest, before, whose)));
    return answer;
  }

  private @Nullable Answer remembered(ByteBuffer digest) {
    TokenCaller caller = known.get(digest);
    if (caller != null) {
      Instant expiry = caller.expiry();
      if (expiry != null && !Instant.now().isBefore(expiry)) {
        known.remove(digest);
        return new Refused("the token has expired: read the file that it came from anew");
      }
      if (caller.isFresh()) {
        return new Known(caller);
      }
    }
    Rejected no = rejected.get(digest);
    return no != null && clockNanos.getAsLong() - no.atNanos() < TokenCaller.REFUSED_NANOS_MAX
        ? no.answer()
        : null;
  }

  private synchronized Answer settle(
      String token, ByteBuffer digest, @Nullable TokenCaller before, Reviews.Identity whose) {
    asking.remove(digest);
    return switch (whose) {
      case Reviews.Of(var user) -> {
        TokenCaller caller = before != null && before.confirm(user) ? before : null;
        if (caller == null) {
          caller = new TokenCaller(reviews, clockNanos, token, user);
        }
        known.put(digest, caller);
        yield new Known(caller);
      }
      case Reviews.Nobody(String why) -> {
        known.remove(digest);
        Refused refused = new Refused(why);
        rejected.put(digest, new Rejected(refused, clockNanos.getAsLong()));
        yield refused;
      }
      case Reviews.Unclear(String why) -> new Undecided(why);
    };
  }

  private static ByteBuffer sha256(String token) {
    try {
      return ByteBuffer.wrap(
          MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e); // every JDK has it
    }
  }
}
