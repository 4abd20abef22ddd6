/** Talking to a queue in another process, over gRPC: its calls, and a session's side of them. */
@NullMarked
package dev.podpool.rpc;

import org.jspecify.annotations.NullMarked;
