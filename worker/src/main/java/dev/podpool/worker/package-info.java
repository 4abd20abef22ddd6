/** The supervisor of a worker: its session with the queue, its slots and their child processes. */
@NullMarked
package dev.podpool.worker;

import org.jspecify.annotations.NullMarked;
