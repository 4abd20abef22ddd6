/**
 * A queue on a cluster: who calls and what they may, as its API server says; and the certificate
 * that the queue serves with.
 */
@NullMarked
package dev.podpool.queue.kubernetes;

import org.jspecify.annotations.NullMarked;
