/** The queue's gRPC front: who is it, may they, is there room; then the loop's. */
@NullMarked
package dev.podpool.queue.front;

import org.jspecify.annotations.NullMarked;
