package dev.podpool.operator.local;

import com.google.protobuf.ByteString;
import dev.podpool.crd.EnvVar;
import dev.podpool.crd.Initializer;
import dev.podpool.crd.WorkerPoolSpec;
import dev.podpool.protocol.WorkerStart;
import dev.podpool.rpc.RuntimeDirectory;
import dev.podpool.worker.WorkerMain;
import java.nio.file.Path;
import java.util.List;

/** What each worker of a local pool is made from. */
record Template(String pool, WorkerPoolSpec spec) {

  // Of the worker itself, which holds what its children have and will have next.
  private static final int HEAP_MIB = 256;
  private static final int HEAP_MIB_PER_SLOT = 320;

  /** Changes exactly when workers must be replaced to become what the manifest says. */
  String hash() {
    return Integer.toHexString(
        List.of(
                spec.slots(),
                spec.maxTasksPerWorker(),
                String.valueOf(spec.initializer()),
                spec.template().toString())
            .hashCode());
  }

  WorkerStart start(String worker, ByteString nonce, RuntimeFiles files) {
    WorkerStart.Builder start =
        WorkerStart.newBuilder()
            .setPool(pool)
            .setWorker(worker)
            .setSlots(spec.slots())
            .setNonce(nonce)
            .setRuntimeDirectory(files.directory().path().toString())
            .setCodeDirectory(files.code().toString())
            .setMaxTasksPerWorker(spec.maxTasksPerWorker())
            .setMemoryLimitBytes(memoryLimitBytes());
    Initializer initializer = spec.initializer();
    if (initializer != null && initializer.function() != null) {
      start.setInitializerFunction(initializer.function());
      if (initializer.arguments() != null) {
        start.addAllInitializerArguments(initializer.arguments());
      }
    }
    return start.build();
  }

  /** Each child's share of the worker's limit. */
  private long memoryLimitBytes() {
    var limits = spec.template().resources().limits();
    return limits == null ? 0 : limits.memoryBytes().orElse(0) / spec.slots();
  }

  ProcessBuilder command(RuntimeFiles files, String classPath, Path temporary) {
    ProcessBuilder command =
        Jvm.command(
            List.of(
                "-Xmx" + (HEAP_MIB + HEAP_MIB_PER_SLOT * spec.slots()) + "m",
                // It starts in half the time, and costs a third less CPU in its first minute; its
                // children compile what user code needs. The queue lives long: C2 brings a trip
                // from 1.7 to 0.6 ms there in the end, at the price of 15 s of a core.
                "-XX:TieredStopAtLevel=1",
                "-XX:CompileThresholdScaling=0.3"),
            temporary,
            classPath,
            WorkerMain.class);
    // What user code starts finds this runtime too, and none that whoever started this one uses.
    command.environment().remove("PODPOOL_ENDPOINT");
    command.environment().remove("PODPOOL_KEY_FILE");
    command.environment().put(RuntimeDirectory.VARIABLE, files.directory().path().toString());
    List<EnvVar> variables = spec.template().env();
    if (variables != null) {
      variables.forEach(variable -> command.environment().put(variable.name(), variable.value()));
    }
    return command;
  }
}
