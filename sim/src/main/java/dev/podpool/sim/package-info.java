/**
 * A seeded world around the real queue machine and the real session logic: simulated time, network,
 * replicas, workers and clients. One seed is one run, the same each time.
 */
@NullMarked
package dev.podpool.sim;

import org.jspecify.annotations.NullMarked;
