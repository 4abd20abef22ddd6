package dev.podpool.operator.local;

import com.google.protobuf.ByteString;
import dev.podpool.crd.EnvVar;
import dev.podpool.crd.Initializer;
import dev.podpool.crd.Resources;
import dev.podpool.crd.WorkerPoolSpec;
import dev.podpool.internal.CapturedCall;
import dev.podpool.protocol.WorkerStart;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What each worker of a local pool is made from. */
final class Template {

  // Of the worker itself, which holds what its children have and will have next.
  private static final int HEAP_MIB = 256;
  private static final int HEAP_MIB_PER_SLOT = 320;

  private final String pool;
  private final WorkerPoolSpec spec;
  private final @Nullable CapturedCall initializer;

  Template(String pool, WorkerPoolSpec spec) {
    this.pool = pool;
    this.spec = spec;
    Initializer named = spec.initializer();
    this.initializer =
        named == null || named.function() == null
            ? null
            : CapturedCall.named(
                named.function(), Objects.requireNonNullElse(named.arguments(), List.of()));
  }

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

  WorkerStart start(String worker) {
    WorkerStart.Builder start =
        WorkerStart.newBuilder()
            .setPool(pool)
            .setWorker(worker)
            .setSlots(spec.slots())
            .setMaxTasksPerWorker(spec.maxTasksPerWorker())
            .setMemoryLimitBytes(memoryLimitBytes());
    if (initializer != null) {
      start
          .setInitializerFunction(ByteString.copyFrom(initializer.function()))
          .setInitializerArguments(ByteString.copyFrom(initializer.arguments()));
    }
    return start.build();
  }

  /** Each child's share of the worker's limit. */
  private long memoryLimitBytes() {
    Resources resources = spec.template().resources();
    return resources == null || resources.limits() == null
        ? 0
        : resources.limits().memoryBytes().orElse(0) / spec.slots();
  }

  /** The worker's process: this JVM's Java and class path, standard error as this process's. */
  ProcessBuilder command() {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                // Standard output is the session's: the JVM must not print there.
                "-XX:+DisplayVMOutputToStderr",
                "-Xlog:disable",
                "-Xlog:all=warning:stderr",
                "-Xmx" + (HEAP_MIB + HEAP_MIB_PER_SLOT * spec.slots()) + "m",
                "-cp",
                absoluteClassPath(),
                WorkerMain.class.getName()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    for (EnvVar variable : Objects.requireNonNullElse(spec.template().env(), List.<EnvVar>of())) {
      builder.environment().put(variable.name(), variable.value());
    }
    return builder;
  }

  private static String absoluteClassPath() {
    List<String> entries = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      entries.add(new File(entry).getAbsolutePath());
    }
    return String.join(File.pathSeparator, entries);
  }
}
