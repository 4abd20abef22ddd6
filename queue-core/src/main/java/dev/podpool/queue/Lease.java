package dev.podpool.queue;

/** A run of one job's items in one worker's hands. Ends when none of them is left in it. */
final class Lease {

  final Job job;
  final int number;
  final WorkerState worker;
  final long first;
  final int count;
  // Given alone to a worker with a free slot: if the worker dies, this item had begun.
  final boolean sole;
  int remaining;

  Lease(Job job, int number, WorkerState worker, long first, int count, boolean sole) {
    this.job = job;
    this.number = number;
    this.worker = worker;
    this.first = first;
    this.count = count;
    this.sole = sole;
    this.remaining = count;
  }

  /** Index behind its last item. */
  long end() {
    return first + count;
  }
}
