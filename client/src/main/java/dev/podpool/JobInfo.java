package dev.podpool;

import java.time.Duration;
import java.util.UUID;

/**
 * How far a job is.
 *
 * @param id as {@link AsyncResult#jobId} gives it
 * @param pool it runs in
 * @param function for people
 * @param submitter who handed it in
 * @param items it has so far
 * @param complete no more will come
 * @param done items that have ended, however they did
 * @param failed of these, those whose function failed
 * @param dead of these, those whose processes died too often
 * @param cancelled of these, those that were cancelled
 * @param expired of these, those that the job's deadline ended
 * @param age since it was accepted, without the time that the queue was down
 * @param priority larger goes first
 */
public record JobInfo(
    UUID id,
    String pool,
    String function,
    String submitter,
    long items,
    boolean complete,
    long done,
    long failed,
    long dead,
    long cancelled,
    long expired,
    Duration age,
    int priority) {

  /** Whether every item has ended, and no more will come. */
  public boolean hasEnded() {
    return complete && done == items;
  }
}
