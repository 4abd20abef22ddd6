/**
 * Drives a queue machine: gathers what sessions send into entries, stamps the time, hands them to
 * the log, and performs the effects.
 */
@NullMarked
package dev.podpool.queue.loop;

import org.jspecify.annotations.NullMarked;
