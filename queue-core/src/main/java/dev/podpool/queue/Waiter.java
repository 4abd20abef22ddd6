package dev.podpool.queue;

import dev.podpool.protocol.Operation;

/** A session's operation that is not answered yet, and stands in one of an object's lines. */
final class Waiter {

  final long session;
  final long sequence;
  final Operation operation;
  SharedObject at;
  Line line;
  // In log time; 0: no limit.
  long deadlineMillis;
  // Of one that takes: where it stands in its line.
  long place;
  // Of PutItems: how many are in.
  int done;
  // Of AwaitCondition: what it waits for the lock with.
  boolean signalled;

  Waiter(
      long session,
      long sequence,
      Operation operation,
      SharedObject at,
      Line line,
      long deadlineMillis) {
    this.session = session;
    this.sequence = sequence;
    this.operation = operation;
    this.at = at;
    this.line = line;
    this.deadlineMillis = deadlineMillis;
  }
}
