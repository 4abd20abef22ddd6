/**
 * {@code Pool.local}: queue and supervisor inside the caller's JVM, items in its child processes.
 */
@NullMarked
package dev.podpool.local;

import org.jspecify.annotations.NullMarked;
