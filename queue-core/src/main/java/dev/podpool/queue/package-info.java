/**
 * The queue as a pure function of its log. Nothing here reads a clock, starts a thread, does I/O,
 * logs, or iterates in hash order: every replica must come to the same state and effects.
 */
@NullMarked
package dev.podpool.queue;

import org.jspecify.annotations.NullMarked;
