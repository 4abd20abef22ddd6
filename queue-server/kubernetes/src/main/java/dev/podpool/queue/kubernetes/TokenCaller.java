package dev.podpool.queue.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.podpool.queue.front.Caller;
import dev.podpool.queue.front.Right;
import dev.podpool.queue.front.Verdict;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who has shown a token, and what is remembered of the answers about it: for a minute what is
 * right, for ten seconds what is not; and while the API server does not answer, what was right for
 * two hours at most. All calls with one token share it.
 */
final class TokenCaller implements Caller {

  static final long KNOWN_NANOS_MAX = 60_000_000_000L;
  static final long REFUSED_NANOS_MAX = 10_000_000_000L;
  static final long UNANSWERED_NANOS_MAX = 2L * 3600 * 1_000_000_000L;

  // Operations wait for an answer that long.
  private static final long WAIT_NANOS_MAX = 1_000_000_000L;

  private static final String EXTRA = "authentication.kubernetes.io/";

  private final Reviews reviews;
  private final LongSupplier clockNanos;
  private final String token;
  private final JsonNode user;
  private final @Nullable Pod pod;
  private final @Nullable Instant expiry;
  private final Answers identity;
  private final Map<Right, Answers> rights = new ConcurrentHashMap<>();

  TokenCaller(Reviews reviews, LongSupplier clockNanos, String token, JsonNode user) {
    this.reviews = reviews;
    this.clockNanos = clockNanos;
    this.token = token;
    this.user = user;
    pod = pod(user.path("extra"));
    expiry = Jwt.expiry(token);
    identity = new Answers(this::review, Verdict.YES);
  }

  private static @Nullable Pod pod(JsonNode extra) {
    String name = extra.path(EXTRA + "pod-name").path(0).asText("");
    String uid = extra.path(EXTRA + "pod-uid").path(0).asText("");
    return name.isEmpty() || uid.isEmpty() ? null : new Pod(name, uid);
  }

  @Override
  public String principal() {
    return user.path("username").asText();
  }

  @Override
  public boolean isOwner() {
    return false;
  }

  @Override
  public @Nullable Pod pod() {
    return pod;
  }

  @Override
  public @Nullable Instant expiry() {
    return expiry;
  }

  /** Whether it was reviewed so lately that a new call may be made with it, and was right. */
  boolean isFresh() {
    return identity.isFreshYes();
  }

  /**
   * Remembers that its token was reviewed now, and is that of {@code now}. Otherwise false: then
   * what is remembered is about somebody else.
   */
  boolean confirm(JsonNode now) {
    if (!now.equals(user)) {
      return false;
    }
    var _ = identity.settle(Verdict.YES);
    return true;
  }

  @Override
  public CompletableFuture<Verdict> isKnown() {
    return identity.ask();
  }

  private CompletableFuture<Verdict> review() {
    return reviews
        .whose(token)
        .thenApply(
            whose ->
                switch (whose) {
                  case Reviews.Of(JsonNode now) ->
                      now.path("username").equals(user.path("username"))
                          ? Verdict.YES
                          : Verdict.no("the token is another's now; connect again");
                  case Reviews.Nobody(String why) -> Verdict.no(why);
                  case Reviews.Unclear(String why) -> Verdict.unknown(why);
                });
  }

  @Override
  public CompletableFuture<Verdict> may(Right right) {
    return rights
        .computeIfAbsent(right, any -> new Answers(() -> reviews.may(user, right), null))
        .ask();
  }

  private interface Question {
    CompletableFuture<Verdict> ask();
  }

  /** The answers to one question, of which one is asked at a time. */
  private final class Answers {
    private final Question question;
    private @Nullable Verdict last; // yes or no; guarded by this
    private long lastNanos; // guarded by this
    private @Nullable CompletableFuture<Verdict> asking; // guarded by this
    private long askedNanos; // guarded by this
    // Not before, where the last was not answered; guarded by this.
    private long againNanos;

    Answers(Question question, @Nullable Verdict first) {
      this.question = question;
      last = first;
      lastNanos = clockNanos.getAsLong();
      againNanos = lastNanos;
    }

    synchronized boolean isFresh() {
      return last != null
          && clockNanos.getAsLong() - lastNanos
              < (last.kind() == Verdict.Kind.YES ? KNOWN_NANOS_MAX : REFUSED_NANOS_MAX);
    }

    synchronized boolean isFreshYes() {
      return isFresh() && stands();
    }

    private boolean stands() {
      return last != null
          && last.kind() == Verdict.Kind.YES
          && clockNanos.getAsLong() - lastNanos < UNANSWERED_NANOS_MAX;
    }

    /** Who was right before is not held up by an API server that does not answer. */
    CompletableFuture<Verdict> ask() {
      CompletableFuture<Verdict> answer = new CompletableFuture<>();
      boolean stands;
      synchronized (this) {
        if (isFresh()) {
          return CompletableFuture.completedFuture(last);
        }
        long now = clockNanos.getAsLong();
        stands = stands();
        if (stands && (now < againNanos || (asking != null && now - askedNanos > WAIT_NANOS_MAX))) {
          return CompletableFuture.completedFuture(Verdict.YES);
        }
        if (asking != null) {
          return stands ? inTime(asking) : asking;
        }
        asking = answer;
        askedNanos = now;
      }
      // Not under the lock: whoever waits for the answer goes on within its completion.
      var _ = question.ask().thenAccept(verdict -> answer.complete(answered(verdict)));
      return stands ? inTime(answer) : answer;
    }

    private static CompletableFuture<Verdict> inTime(CompletableFuture<Verdict> answer) {
      return answer.copy().completeOnTimeout(Verdict.YES, WAIT_NANOS_MAX, TimeUnit.NANOSECONDS);
    }

    private Verdict answered(Verdict verdict) {
      synchronized (this) {
        asking = null;
      }
      return settle(verdict);
    }

    synchronized Verdict settle(Verdict verdict) {
      if (verdict.kind() == Verdict.Kind.UNKNOWN) {
        againNanos = clockNanos.getAsLong() + REFUSED_NANOS_MAX;
        return stands() ? Verdict.YES : verdict;
      }
      last = verdict;
      lastNanos = clockNanos.getAsLong();
      return verdict;
    }
  }
}
