package dev.podpool.queue.front;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** May do everything. */
record Owner(String principal) implements Caller {

  private static final CompletableFuture<Verdict> YES =
      CompletableFuture.completedFuture(Verdict.YES);

  @Override
  public boolean isOwner() {
    return true;
  }

  @Override
  public @Nullable Pod pod() {
    return null;
  }

  @Override
  public @Nullable Instant expiry() {
    return null;
  }

  @Override
  public CompletableFuture<Verdict> may(Right right) {
    return YES;
  }

  @Override
  public CompletableFuture<Verdict> isKnown() {
    return YES;
  }
}
