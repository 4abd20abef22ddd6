package dev.podpool;

import java.util.List;

/**
 * A pool as its queue sees it.
 *
 * @param name its name
 * @param waiting items that no worker has
 * @param running items that workers have, begun or not
 * @param succeeded of the items of jobs that are kept, those with a result
 * @param failed of these, those that failed
 * @param dead of these, those on the dead list
 * @param redelivered how often an item was handed out again as its worker was lost, since there is
 *     the pool
 * @param charged how often a worker's death cost an item one of its attempts
 * @param jobs that are kept
 * @param workers that are up
 * @param failure why no process of the pool comes up; empty while they do
 */
public record PoolInfo(
    String name,
    long waiting,
    long running,
    long succeeded,
    long failed,
    long dead,
    long redelivered,
    long charged,
    long jobs,
    List<Worker> workers,
    String failure) {

  /** Copies. */
  public PoolInfo {
    workers = List.copyOf(workers);
  }

  /**
   * A worker.
   *
   * @param name its name
   * @param slots items that it runs at once
   * @param running items that it has, begun or not
   * @param cordoned gets no more
   */
  public record Worker(String name, int slots, int running, boolean cordoned) {}
}
