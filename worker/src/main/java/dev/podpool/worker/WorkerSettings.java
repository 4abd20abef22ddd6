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

/** What a worker is. Immutable: made by {@link #of} and the {@code with} methods, which copy. */
public final class WorkerSettings {
  private final String pool;
  private final String worker;
  private final int slots;
  // Changed in a copy only, before anyone else sees it.
  private @Nullable Initializer initializer;
  private int maxTasksPerWorker;
  private Path javaHome = Path.of(System.getProperty("java.home"));
  private String classPath = absolute(System.getProperty("java.class.path"));
  private List<String> jvmArguments = List.of();
  private long memoryLimitBytes;
  private Map<String, String> environment = Map.of();
  private Duration initializerTimeout = Duration.ofSeconds(60);
  private WorkerListener listener = WorkerListener.NONE;
  private Blobs blobs = Blobs.NONE;
  private boolean singleRun;
  private @Nullable ChildAccess childAccess;

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
    private static final Duration FETCH_TIMEOUT_MAX = Duration.ofDays(36_500);
    static final Blobs NONE = new Blobs(null, Integer.MAX_VALUE, null, Duration.ofSeconds(30));

    /** Checks the limit. */
    public Blobs {
      if (inlineBytesMax < 1) {
        throw new IllegalArgumentException(
            "inlineBytesMax is " + inlineBytesMax + ", and must be at least 1");
      }
      if (fetchTimeout.compareTo(FETCH_TIMEOUT_MAX) > 0) {
        fetchTimeout = FETCH_TIMEOUT_MAX; // so that nanoseconds hold it, added to any time
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

  private WorkerSettings(String pool, String worker, int slots) {
    this.pool = pool;
    this.worker = worker;
    this.slots = (int) atLeast(1, "slots", slots);
  }

  /** Children like this JVM: same Java, same class path. */
  public static WorkerSettings of(String pool, String worker, int slots) {
    return new WorkerSettings(pool, worker, slots);
  }

  private WorkerSettings copy() {
    WorkerSettings copy = new WorkerSettings(pool, worker, slots);
    copy.initializer = initializer;
    copy.maxTasksPerWorker = maxTasksPerWorker;
    copy.javaHome = javaHome;
    copy.classPath = classPath;
    copy.jvmArguments = jvmArguments;
    copy.memoryLimitBytes = memoryLimitBytes;
    copy.environment = environment;
    copy.initializerTimeout = initializerTimeout;
    copy.listener = listener;
    copy.blobs = blobs;
    copy.singleRun = singleRun;
    copy.childAccess = childAccess;
    return copy;
  }

  private static long atLeast(long least, String what, long value) {
    if (value < least) {
      throw new IllegalArgumentException(what + " is " + value + ", and must be at least " + least);
    }
    return value;
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

  /** The pool that it serves. */
  public String pool() {
    return pool;
  }

  /** Its name, for people. */
  public String worker() {
    return worker;
  }

  /** How many items it runs at once, each in a child process of its own; at least 1. */
  public int slots() {
    return slots;
  }

  /** What each child runs first; null for nothing. */
  public @Nullable Initializer initializer() {
    return initializer;
  }

  /** A child is replaced after that many items; 0 for never. */
  public int maxTasksPerWorker() {
    return maxTasksPerWorker;
  }

  /** The Java that runs the children. */
  public Path javaHome() {
    return javaHome;
  }

  /** The children's, in the form of {@code java.class.path}, absolute. */
  public String classPath() {
    return classPath;
  }

  /** For the children's JVMs, after our own, so that they win. */
  public List<String> jvmArguments() {
    return jvmArguments;
  }

  /** Memory of each child, three quarters of it heap; 0 for the JVM's default. */
  public long memoryLimitBytes() {
    return memoryLimitBytes;
  }

  /** Variables added to this process's own for the children. */
  public Map<String, String> environment() {
    return environment;
  }

  /** A child that is not ready by then, counted from its start, is killed. */
  public Duration initializerTimeout() {
    return initializerTimeout;
  }

  /** Told what children do. */
  public WorkerListener listener() {
    return listener;
  }

  /** What is too large to come with the items. */
  public Blobs blobs() {
    return blobs;
  }

  /** Whether one child runs one item, and is not replaced: a process, and no pool. */
  public boolean isSingleRun() {
    return singleRun;
  }

  /** As a process: one slot, one child, one item. */
  public WorkerSettings withSingleRun() {
    WorkerSettings copy = copy();
    copy.singleRun = true;
    copy.maxTasksPerWorker = 1;
    return copy;
  }

  /** How children get at what processes share; null: not at all. */
  public @Nullable ChildAccess childAccess() {
    return childAccess;
  }

  public WorkerSettings withInitializer(@Nullable Initializer value) {
    WorkerSettings copy = copy();
    copy.initializer = value;
    return copy;
  }

  public WorkerSettings withMaxTasksPerWorker(int value) {
    WorkerSettings copy = copy();
    copy.maxTasksPerWorker = (int) atLeast(0, "maxTasksPerWorker", value);
    return copy;
  }

  public WorkerSettings withJavaHome(Path value) {
    WorkerSettings copy = copy();
    copy.javaHome = value;
    return copy;
  }

  public WorkerSettings withClassPath(String value) {
    WorkerSettings copy = copy();
    copy.classPath = absolute(value);
    return copy;
  }

  public WorkerSettings withJvmArguments(List<String> value) {
    WorkerSettings copy = copy();
    copy.jvmArguments = List.copyOf(value);
    return copy;
  }

  public WorkerSettings withMemoryLimitBytes(long value) {
    WorkerSettings copy = copy();
    copy.memoryLimitBytes = atLeast(0, "memoryLimitBytes", value);
    return copy;
  }

  public WorkerSettings withEnvironment(Map<String, String> value) {
    WorkerSettings copy = copy();
    copy.environment = Map.copyOf(value);
    return copy;
  }

  public WorkerSettings withInitializerTimeout(Duration value) {
    WorkerSettings copy = copy();
    copy.initializerTimeout = value;
    return copy;
  }

  public WorkerSettings withListener(WorkerListener value) {
    WorkerSettings copy = copy();
    copy.listener = value;
    return copy;
  }

  public WorkerSettings withChildAccess(ChildAccess value) {
    WorkerSettings copy = copy();
    copy.childAccess = value;
    return copy;
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
    WorkerSettings copy = copy();
    copy.blobs = value;
    return copy;
  }
}
