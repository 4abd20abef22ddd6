package dev.podpool.queue.front;

import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/** Tells who calls. Thread-safe; must not block. */
public interface Authenticator {

  /** Who the call with {@code headers} is from; null for nobody that is known. */
  @Nullable String principal(Metadata headers);
}
