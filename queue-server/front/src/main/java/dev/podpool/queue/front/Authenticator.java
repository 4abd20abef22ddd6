package dev.podpool.queue.front;

import java.util.concurrent.CompletableFuture;

/** Tells who calls. Thread-safe; must not block. */
public interface Authenticator {

  /**
   * Who shows {@code proof}: a key or a token; empty where none was shown. The future does not
   * fail.
   */
  CompletableFuture<Answer> authenticate(String proof);

  /** What there is to say. */
  sealed interface Answer {}

  /** It is this one. */
  record Known(Caller caller) implements Answer {}

  /** It is nobody, because of {@code why}: asking again with that is of no use. */
  record Refused(String why) implements Answer {}

  /** It can't be told now, because of {@code why}; ask again. */
  record Undecided(String why) implements Answer {}
}
