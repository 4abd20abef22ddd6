package dev.podpool.queue.front;

import dev.podpool.rpc.QueueRpc;
import io.grpc.Metadata;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** One key for all: whoever has it may do everything. For a queue on one machine, of one user. */
public final class SharedKey implements Authenticator {

  private final byte[] expected;
  private final String principal;

  public SharedKey(String key, String principal) {
    this.expected = ("Bearer " + key).getBytes(StandardCharsets.UTF_8);
    this.principal = principal;
  }

  @Override
  public @Nullable String principal(Metadata headers) {
    String given = headers.get(QueueRpc.AUTHORIZATION);
    // Takes as long for a wrong key, however wrong it is.
    boolean right =
        given != null && MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8));
    return right ? principal : null;
  }
}
