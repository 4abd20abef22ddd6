package dev.podpool.operator.cluster;

import dev.podpool.crd.WorkerProcessStatus;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one process from one reconciliation to the next. All of it may be lost:
 * then some things are said once more.
 */
final class ProcessMemory {

  final StartRefusals refusals = new StartRefusals();

  // Its pod was made, which its status may not say yet.
  boolean started;
  @Nullable WorkerProcessStatus written;

  // In which session of the queue it was told; 0 for none.
  int terminatedIn;
  int toldIn;
  int lostIn;
}
