package dev.podpool;

/**
 * How far a job is.
 *
 * @param done items that have ended, however they did
 * @param failed of these, the ones without a result
 * @param total items of the job so far
 */
public record Progress(long done, long failed, long total) {}
