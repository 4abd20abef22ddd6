package dev.podpool;

import dev.podpool.function.RemoteConsumer;
import dev.podpool.function.RemoteRunnable;
import dev.podpool.internal.CapturedCall;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a pool on this machine is made of. Mutable; read when the pool starts.
 *
 * <pre>{@code
 * Pool.local(new PoolOptions().workers(5).initializer(Models::load, "/models"))
 * }</pre>
 */
public final class PoolOptions {

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  private String name = "local";
  private int workers = Runtime.getRuntime().availableProcessors();
  private @Nullable CapturedCall initializer;
  private Duration initializerTimeout = Duration.ofSeconds(60);
  private int maxTasksPerWorker;
  private int maxAttempts = 3;
  private @Nullable Duration itemTimeout;
  private long memoryLimitBytes;
  private List<String> jvmArguments = List.of();
  private final Map<String, String> environment = new LinkedHashMap<>();
  private PrintStream output = System.out;
  private PrintStream errorOutput = System.err;

  /**
   * The pool's name, in messages. Defaults to "local".
   *
   * @throws IllegalArgumentException if it is no DNS label: 1 to 63 of a-z, 0-9 and, between them,
   *     -
   */
  public PoolOptions name(String value) {
    if (!NAME.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "pool name '" + value + "'; use 1 to 63 of a-z, 0-9 and, between them, -");
    }
    name = value;
    return this;
  }

  /**
   * Number of processes. Defaults to the number of processors.
   *
   * @throws IllegalArgumentException below 1
   */
  public PoolOptions workers(int value) {
    workers = JobOptions.atLeastOne("workers", value);
    return this;
  }

  /** Runs in each process before its first item. What it returns is dropped. */
  public PoolOptions initializer(RemoteRunnable function) {
    initializer = CapturedCall.capture(function);
    return this;
  }

  /** Runs in each process, with {@code argument}, before its first item. */
  public <A> PoolOptions initializer(RemoteConsumer<A> function, A argument) {
    initializer = CapturedCall.capture(function, argument);
    return this;
  }

  /**
   * How long a process may take to start and run its initializer before that counts as failed.
   * After five failures in a row jobs fail, with the last as the reason; after thirty, where
   * signals that came from elsewhere ended the processes. Defaults to 60 s.
   *
   * @throws IllegalArgumentException below 1 ms
   */
  public PoolOptions initializerTimeout(Duration value) {
    initializerTimeout = JobOptions.atLeastOneMilli("initializer time-out", value);
    return this;
  }

  /**
   * Items that a process runs before a fresh one takes its place. Defaults to 0: no limit.
   *
   * @throws IllegalArgumentException below 0
   */
  public PoolOptions maxTasksPerWorker(int items) {
    if (items < 0) {
      throw new IllegalArgumentException(
          "max tasks per worker " + items + "; give at least 1, or 0 for no limit");
    }
    maxTasksPerWorker = items;
    return this;
  }

  /**
   * How often an item may have begun in a process that died before it is given up. Defaults to 3.
   *
   * @throws IllegalArgumentException below 1
   */
  public PoolOptions maxAttempts(int attempts) {
    maxAttempts = JobOptions.atLeastOne("max attempts", attempts);
    return this;
  }

  /**
   * How long one item may run, where its job does not say. Defaults to no limit.
   *
   * @throws IllegalArgumentException below 1 ms
   */
  public PoolOptions itemTimeout(Duration value) {
    itemTimeout = JobOptions.atLeastOneMilli("item time-out", value);
    return this;
  }

  /**
   * Memory of each process, from which its heap is sized. Defaults to 0: the JVM's own choice.
   *
   * @throws IllegalArgumentException below 16 MiB, but for 0
   */
  public PoolOptions memoryLimitBytes(long bytes) {
    if (bytes != 0 && bytes < 16 << 20) {
      throw new IllegalArgumentException(
          "memory limit of " + bytes + " bytes; a process needs at least 16 MiB");
    }
    memoryLimitBytes = bytes;
    return this;
  }

  /** Further arguments for the processes' JVMs. Replaces those given before. Defaults to none. */
  public PoolOptions jvmArguments(String... arguments) {
    jvmArguments = List.of(arguments);
    return this;
  }

  /** Sets an environment variable of the processes, which inherit all others. */
  public PoolOptions environment(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Where what the functions print goes. Defaults to this JVM's standard output and error. */
  public PoolOptions output(PrintStream standard, PrintStream error) {
    output = standard;
    errorOutput = error;
    return this;
  }

  public String name() {
    return name;
  }

  public int workers() {
    return workers;
  }

  /** Null: none. */
  public @Nullable CapturedCall initializer() {
    return initializer;
  }

  public Duration initializerTimeout() {
    return initializerTimeout;
  }

  public int maxTasksPerWorker() {
    return maxTasksPerWorker;
  }

  public int maxAttempts() {
    return maxAttempts;
  }

  /** Null: no limit. */
  public @Nullable Duration itemTimeout() {
    return itemTimeout;
  }

  public long memoryLimitBytes() {
    return memoryLimitBytes;
  }

  public List<String> jvmArguments() {
    return jvmArguments;
  }

  public Map<String, String> environment() {
    return Map.copyOf(environment);
  }

  public PrintStream output() {
    return output;
  }

  public PrintStream errorOutput() {
    return errorOutput;
  }
}
