package dev.podpool.sim;

/** What may go wrong in a run. A run has some of them, so that each is also seen without others. */
enum Fault {
  /** Messages are lost. */
  LOSS,
  /** Messages come twice. */
  DUPLICATION,
  /** Messages take long, and so come in another order. */
  DELAY,
  /** A connection breaks, and both ends know. */
  DISCONNECTION,
  /** Nothing passes between some parties, either way. */
  PARTITION,
  /** Nothing passes between some parties, one way. */
  ONE_WAY,
  /** Clients, workers and sharers die. */
  CRASH,
  /** Another replica leads, though nothing is wrong with who did. */
  HAND_OVER,
  /** A replica's process is killed; what it has written is still there. */
  KILL,
  /** A replica's machine loses power, or all of them do at once: what was not synced is lost. */
  POWER,
  /** A bit of a file of a replica that is down flips. */
  FLIP,
  /** A replica's disk is lost. */
  LOST_DISK,
  /** A replica's disk is full for a while. */
  FULL_DISK,
  /** A replica's disk fails at a sync. */
  SYNC,
  /** A process stands still, and goes on later. */
  PAUSE,
  /** Clocks begin anywhere, and run faster or slower than they should. */
  CLOCKS
}
