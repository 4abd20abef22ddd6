package dev.podpool;

import java.util.UUID;

/**
 * Some of what an item printed.
 *
 * @param job it belongs to
 * @param index among the job's inputs, from 0
 * @param pool it ran in
 * @param worker it ran on
 * @param isError printed to standard error
 * @param text what it printed
 * @param droppedBytes printed before this and lost: 64 KiB of each item are kept
 */
public record ItemOutput(
    UUID job,
    long index,
    String pool,
    String worker,
    boolean isError,
    String text,
    long droppedBytes) {}
