/**
 * The queue's log on Apache Ratis, which nothing else knows: entries are appended and applied, the
 * state is written now and then, and a log that cannot be trusted any more says so, once.
 */
@NullMarked
package dev.podpool.queue.raft;

import org.jspecify.annotations.NullMarked;
