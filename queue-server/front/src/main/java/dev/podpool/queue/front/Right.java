package dev.podpool.queue.front;

import java.util.Locale;

/** What somebody may be allowed to do at a queue. On a cluster, verbs of RBAC: docs/security.md. */
public enum Right {
  /**
   * To be a worker: take items, fetch blobs, report outcomes, publish output, and use what is
   * shared for the processes that run the items.
   */
  WORK,
  /** To hand in jobs, and to end and forget one's own. */
  SUBMIT,
  /** To see pools, jobs, results, blobs and what items print. */
  READ,
  /** To end, forget, retry and drop what anybody has handed in. */
  CANCEL,
  /** To define and delete pools, and to run their workers. */
  MANAGE;

  /** As RBAC has it: {@code work}, {@code submit}, … */
  public String verb() {
    return name().toLowerCase(Locale.ROOT);
  }
}
