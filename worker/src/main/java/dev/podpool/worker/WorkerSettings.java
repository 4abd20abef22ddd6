package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.function.internal.FunctionReference;
import dev.podpool.session.BlobSource;
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
 * @param blobs what is too large to come with the items
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
    WorkerListener listener,
    Blobs blobs) {

  /**
   * Code that travels, and payloads that are kept beside the queue's log.
   *
   * @param source where to fetch them; null for a worker whose jobs have none: items that do fail
   * @param inlineBytesMax a result that is larger is sent as a blob
   * @param codeDirectory where code is kept, for this user's workers on this machine together; null
   *     for a temporary directory of this worker's
   * @param fetchTimeout how long a fetch that fails is tried again, and how long one may be silent;
   *     then the items go back to the queue, uncharged
   */
  public record Blobs(
      @Nullable BlobSource source,
      int inlineBytesMax,
      @Nullable Path codeDirectory,
      Duration fetchTimeout) {
    static final Blobs NONE = new Blobs(null, Integer.MAX_VALUE, null, Duration.ofSeconds(30));

    /** Checks the limit. */
    public Blobs {
      if (inlineBytesMax < 1) {
        throw new IllegalArgumentException(
            "inlineBytesMax is " + inlineBytesMax + ", and must be at least 1");
      }
    }
  }

  /**
   * A function to run in each child before its first item.
   *
   * @param function its reference, as in the protocol's JobHeader
   * @param arguments one payload, without its length: the function's encoded input
   */
  public record Initializer(ByteString function, ByteString arguments) {
    /** For people. */
    String name() {
      return FunctionReference.name(function.toByteArray());
    }
  }

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
        WorkerListener.NONE,
        Blobs.NONE);
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
        listener,
        blobs);
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
        listener,
        blobs);
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
        listener,
        blobs);
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
        listener,
        blobs);
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
        listener,
        blobs);
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
        listener,
        blobs);
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
        listener,
        blobs);
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
        listener,
        blobs);
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
        value,
        blobs);
  }

  /** With a place to fetch code and large inputs from. */
  public WorkerSettings withBlobs(BlobSource source) {
    return with(new Blobs(source, blobs.inlineBytesMax, blobs.codeDirectory, blobs.fetchTimeout));
  }

  public WorkerSettings withInlineBytesMax(int value) {
    return with(new Blobs(blobs.source, value, blobs.codeDirectory, blobs.fetchTimeout));
  }

  public WorkerSettings withCodeDirectory(Path value) {
    return with(new Blobs(blobs.source, blobs.inlineBytesMax, value, blobs.fetchTimeout));
  }

  public WorkerSettings withFetchTimeout(Duration value) {
    return with(new Blobs(blobs.source, blobs.inlineBytesMax, blobs.codeDirectory, value));
  }

  private WorkerSettings with(Blobs value) {
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
        listener,
        value);
  }
}
