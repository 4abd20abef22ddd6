package dev.podpool;

import java.util.UUID;

/**
 * An item whose processes died as often as its job allows. Its input is kept: it can be retried or
 * dropped.
 *
 * @param job it belongs to
 * @param function for people
 * @param index among the job's inputs, from 0
 * @param worker that ran it last
 * @param exitCode of the last process; negative N where signal N ended it; 0 where it is not known
 * @param cause the same in words
 * @param attempts it was charged with
 */
public record DeadItem(
    UUID job,
    String function,
    long index,
    String worker,
    int exitCode,
    String cause,
    int attempts) {}
