package dev.podpool.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What processes have spent.
 *
 * @param cpuNanos CPU time, by kind of process
 * @param entries of the queue's log; each costs one fdatasync
 * @param bytesAllocated by the queue's JVM, as of its last collection
 */
record Cost(Map<String, Long> cpuNanos, long entries, long bytesAllocated) {

  Cost since(Cost before) {
    Map<String, Long> spent = new LinkedHashMap<>();
    cpuNanos.forEach(
        (kind, nanos) -> spent.put(kind, nanos - before.cpuNanos.getOrDefault(kind, 0L)));
    return new Cost(spent, entries - before.entries, bytesAllocated - before.bytesAllocated);
  }
}
