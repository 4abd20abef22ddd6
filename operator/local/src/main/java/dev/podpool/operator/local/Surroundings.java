package dev.podpool.operator.local;

import dev.podpool.rpc.QueueConnection;
import java.time.InstantSource;
import java.util.function.Consumer;

/**
 * What a runtime gives each of its pools.
 *
 * @param connection to the queue
 * @param classPath of worker processes
 * @param clock which nobody can set
 * @param broken told once a pool can't go on, because of an error of our own
 */
record Surroundings(
    RuntimeFiles files,
    QueueConnection connection,
    String classPath,
    RuntimeEvents events,
    InstantSource clock,
    Consumer<Throwable> broken) {}
