/**
 * A pool of processes that run functions: Python's {@code multiprocessing.Pool}, for the JVM.
 *
 * <p>Start at {@link dev.podpool.Pool}.
 */
@NullMarked
package dev.podpool;

import org.jspecify.annotations.NullMarked;
