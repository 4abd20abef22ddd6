/** The bytes that are too large for the log, in files beside it. */
@NullMarked
package dev.podpool.queue.blobs;

import org.jspecify.annotations.NullMarked;
