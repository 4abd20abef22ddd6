package dev.podpool.benchmarks;

import java.time.Duration;
import java.util.stream.Stream;

/** CPU time of processes, to 10 ms. */
final class Cpu {

  private Cpu() {}

  static long nanos(ProcessHandle process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos();
  }

  static long nanos(Stream<ProcessHandle> processes) {
    return processes.mapToLong(Cpu::nanos).sum();
  }
}
