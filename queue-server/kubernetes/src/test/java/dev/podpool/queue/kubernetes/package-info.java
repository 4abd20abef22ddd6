/** A queue's access to its cluster, before an API server of its own. */
package dev.podpool.queue.kubernetes;
