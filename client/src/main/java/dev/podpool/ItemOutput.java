package dev.podpool;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Some of what an item printed, or a worker between items.
 *
 * @param job it belongs to; null if it was printed outside of any item, by an initializer or a
 *     thread that outlived its item, for example
 * @param index among the job's inputs, from 0; 0 without a job
 * @param pool it ran in
 * @param worker it ran on
 * @param isError printed to standard error
 * @param text what it printed
 * @param droppedBytes printed before this and lost: 64 KiB of each item are kept
 */
public record ItemOutput(
    @Nullable UUID job,
    long index,
    String pool,
    String worker,
    boolean isError,
    String text,
    long droppedBytes) {}
