/**
 * A durable runtime on one machine: the queue a process, workers processes, planned as on a
 * cluster.
 */
@NullMarked
package dev.podpool.operator.local;

import org.jspecify.annotations.NullMarked;
