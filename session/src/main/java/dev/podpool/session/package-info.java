/** Talking to the queue through a session: exactly once, across lost connections. */
@NullMarked
package dev.podpool.session;

import org.jspecify.annotations.NullMarked;
