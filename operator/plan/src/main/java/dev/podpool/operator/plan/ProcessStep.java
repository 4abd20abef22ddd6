package dev.podpool.operator.plan;

/** One thing to do about a process. */
public enum ProcessStep {
  /** Make its pod. Never twice. */
  START,
  /** Tell the queue how its worker ended, which had a session there. */
  TELL_END,
  /** Tell the queue that it can't come up: its pod is over, and no worker of it is there. */
  TELL_LOST,
  /** Have the queue ask it to end. */
  TERMINATE,
  /** Delete its pod, and leave it the time it may take. */
  STOP_POD,
  /** Delete its pod, whose node does not say that it has ended. */
  FORCE_POD,
  /** Delete it: nobody knows it any more. */
  DELETE,
  /** Let it go, deleted as it is. */
  RELEASE
}
