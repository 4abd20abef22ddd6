package dev.podpool.queue.front;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;

/** One key for all: whoever has it may do everything. For a queue on one machine, of one user. */
public final class SharedKey implements Authenticator {

  private static final CompletableFuture<Answer> WRONG =
      CompletableFuture.completedFuture(
          new Refused(
              "the key is missing or wrong; `podpool local up` wrote the right one, for its user"
                  + " only"));

  private final byte[] expected;
  private final CompletableFuture<Answer> right;

  public SharedKey(String key, String principal) {
    this.expected = key.getBytes(StandardCharsets.UTF_8);
    this.right = CompletableFuture.completedFuture(new Known(Caller.owner(principal)));
  }

  @Override
  public CompletableFuture<Answer> authenticate(String proof) {
    // Takes as long for a wrong key, however wrong it is.
    return MessageDigest.isEqual(expected, proof.getBytes(StandardCharsets.UTF_8)) ? right : WRONG;
  }
}
