/** The queue service's process: its settings, and what is wired to what. */
@NullMarked
package dev.podpool.queue.boot;

import org.jspecify.annotations.NullMarked;
