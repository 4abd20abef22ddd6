package dev.podpool.worker;

import com.google.protobuf.ByteString;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a worker is. Made by {@link #of} and the {@code with} methods.
 *
 * @param pool the pool that it serves
 * @param worker its name, for people
 * @param slots how many items it runs at once, each in a child process of its own; at least 1
 * @param initializer what each child runs first; null for nothing
 * @param maxTasksPerWorker a child is replaced after that many items; 0 for never
 * @param javaHome the Java that runs the children
 * @param classPath of the children, in the form of {@code java.class.path}, absolute
 * @param jvmArguments for the children, after our own, so that they win
 * @param memoryLimitBytes of each child, three quarters of it heap; 0 for the JVM's default
 * @param environment added to this process's own for the children
 * @param initializerTimeout a child that is not ready by then, counted from its start, is killed
 * @param listener see there
 */
public record WorkerSettings(
    String pool,
    String worker,
    int slots,
    @Nullable Initializer initializer,
    int maxTasksPerWorker,
    Path javaHome,
    String classPath,
    List<String> jvmArguments,
    long memoryLimitBytes,
    Map<String, String> environment,
    Duration initializerTimeout,
    WorkerListener listener) {

  /**
   * A function to run in each child before its first item.
   *
   * @param function its reference, as in the protocol's JobHeader
   * @param arguments one payload, without its length: the function's encoded input
   */
  public record Initializer(ByteString function, ByteString arguments) {}

  /** Copies, and checks the limits. */
  public WorkerSettings {
    if (slots < 1) {
      throw new IllegalArgumentException("slots is " + slots + ", and must be at least 1");
    }
    if (maxTasksPerWorker < 0) {
      throw new IllegalArgumentException(
          "maxTasksPerWorker is "
              + maxTasksPerWorker
              + ", and must be at least 1, or 0 for no limit");
    }
    if (memoryLimitBytes < 0) {
      throw new IllegalArgumentException(
          "memoryLimitBytes is " + memoryLimitBytes + ", and must not be negative");
    }
    jvmArguments = List.copyOf(jvmArguments);
    environment = Map.copyOf(environment);
  }

  /** Children like this JVM: same Java, same class path. */
  public static WorkerSettings of(String pool, String worker, int slots) {
    return new WorkerSettings(
        pool,
        worker,
        slots,
        null,
        0,
        Path.of(System.getProperty("java.home")),
        absolute(System.getProperty("java.class.path")),
        List.of(),
        0,
        Map.of(),
        Duration.ofSeconds(60),
        WorkerListener.NONE);
  }

  private static String absolute(String classPath) {
    StringBuilder absolute = new StringBuilder();
    for (String entry : classPath.split(File.pathSeparator)) {
      absolute
          .append(absolute.isEmpty() ? "" : File.pathSeparator)
          .append(new File(entry).getAbsolutePath());
    }
    return absolute.toString();
  }

  public WorkerSettings withInitializer(@Nullable Initializer value) {
    return new WorkerSettings(
        pool,
        worker,
        slots,
        value,
        maxTasksPerWorker,
        javaHome,
        classPath,
        jvmArguments,
        memoryLimitBytes,
        environment,
        initializerTimeout,
        listener);
  }

  public WorkerSettings withMaxTasksPerWorker(int value) {
    return new WorkerSettings(
        pool,
        worker,
        slots,
        initializer,
        value,
        javaHome,
        classPath,
        jvmArguments,
        memoryLimitBytes,
        environment,
        initializerTimeout,
        listener);
  }

  public WorkerSettings withJavaHome(Path value) {
    return new WorkerSettings(
        pool,
        worker,
        slots,
        initializer,
        maxTasksPerWorker,
        value,
        classPath,
        jvmArguments,
        memoryLimitBytes,
        environment,
        initializerTimeout,
        listener);
  }

  public WorkerSettings withClassPath(String value) {
    return new WorkerSettings(
        pool,
        worker,
        slots,
        initializer,
        maxTasksPerWorker,
        javaHome,
        absolute(value),
        jvmArguments,
        memoryLimitBytes,
        environment,
        initializerTimeout,
        listener);
  }

  public WorkerSettings withJvmArguments(List<String> value) {
    return new WorkerSettings(
        pool,
        worker,
        slots,
        initializer,
        maxTasksPerWorker,
        javaHome,
        classPath,
        value,
        memoryLimitBytes,
        environment,
        initializerTimeout,
        listener);
  }

  public WorkerSettings withMemoryLimitBytes(long value) {
    return new WorkerSettings(
        pool,
        worker,
        slots,
        initializer,
        maxTasksPerWorker,
        javaHome,
        classPath,
        jvmArguments,
        value,
        environment,
        initializerTimeout,
        listener);
  }

  public WorkerSettings withEnvironment(Map<String, String> value) {
    return new WorkerSettings(
        pool,
        worker,
        slots,
        initializer,
        maxTasksPerWorker,
        javaHome,
        classPath,
        jvmArguments,
        memoryLimitBytes,
        value,
        initializerTimeout,
        listener);
  }

  public WorkerSettings withInitializerTimeout(Duration value) {
    return new WorkerSettings(
        pool,
        worker,
        slots,
        initializer,
        maxTasksPerWorker,
        javaHome,
        classPath,
        jvmArguments,
        memoryLimitBytes,
        environment,
        value,
        listener);
  }

  public WorkerSettings withListener(WorkerListener value) {
    return new WorkerSettings(
        pool,
        worker,
        slots,
        initializer,
        maxTasksPerWorker,
        javaHome,
        classPath,
        jvmArguments,
        memoryLimitBytes,
        environment,
        initializerTimeout,
        value);
  }
}
