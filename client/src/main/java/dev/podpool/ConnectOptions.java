package dev.podpool;

import java.io.File;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a client talks to a runtime. Immutable; used with {@link Podpool#connect(ConnectOptions)}.
 */
public final class ConnectOptions {

  private static final ConnectOptions DEFAULTS =
      new ConnectOptions(Duration.ofMinutes(5), true, null, null, why -> {});

  private final Duration patience;
  private final boolean codeTravels;
  private final @Nullable String code; // null: this JVM's
  private final @Nullable ClusterOptions cluster; // null: wherever a runtime is found
  private final Consumer<String> whenStarting;

  private ConnectOptions(
      Duration patience,
      boolean codeTravels,
      @Nullable String code,
      @Nullable ClusterOptions cluster,
      Consumer<String> whenStarting) {
    this.patience = patience;
    this.codeTravels = codeTravels;
    this.code = code;
    this.cluster = cluster;
    this.whenStarting = whenStarting;
  }

  /** What {@link Podpool#connect()} uses. */
  public static ConnectOptions defaults() {
    return DEFAULTS;
  }

  /**
   * How long the queue may be away, once connected, until whoever waits is told. Defaults to 5
   * minutes.
   *
   * @throws IllegalArgumentException below 1 ms
   */
  public ConnectOptions withPatience(Duration value) {
    return new ConnectOptions(
        JobOptions.atLeastOneMilli("patience", value), codeTravels, code, cluster, whenStarting);
  }

  /**
   * Leaves the code where it is: the workers have the functions' classes on a class path of their
   * own. By default this JVM's class path is sent before the first job, but for what the workers or
   * an earlier client have brought.
   */
  public ConnectOptions withCodeInWorkers() {
    return new ConnectOptions(patience, false, null, cluster, whenStarting);
  }

  /**
   * Sends {@code classPath} before the first job, in place of this JVM's own: for functions that
   * are not of this program, such as {@link dev.podpool.function.NamedFunction}s.
   *
   * @param classPath in the form of {@code java.class.path}; of it, what is not there is skipped,
   *     and so is an empty element. Empty: nothing but what the workers have
   */
  public ConnectOptions withCode(String classPath) {
    // An empty element would be the current directory, which nobody means to send.
    String named =
        Stream.of(classPath.split(File.pathSeparator, -1))
            .filter(entry -> !entry.isEmpty())
            .collect(Collectors.joining(File.pathSeparator));
    return new ConnectOptions(patience, true, named, cluster, whenStarting);
  }

  /**
   * Goes to the queue of a cluster, by way of its API server, and looks nowhere else. Needs the
   * dependency {@code dev.podpool:podpool-client-kubernetes}. In a pod, leave it out: what is
   * mounted there is found.
   */
  public ConnectOptions toCluster(ClusterOptions value) {
    return new ConnectOptions(patience, codeTravels, code, value, whenStarting);
  }

  /**
   * Tells {@code told}, once, when the queue does not serve yet, and is waited for: what keeps it,
   * for people. By the thread that connects. Defaults to nobody.
   */
  public ConnectOptions whenStarting(Consumer<String> told) {
    return new ConnectOptions(patience, codeTravels, code, cluster, told);
  }

  Consumer<String> whenStarting() {
    return whenStarting;
  }

  @Nullable ClusterOptions cluster() {
    return cluster;
  }

  Duration patience() {
    return patience;
  }

  boolean codeTravels() {
    return codeTravels;
  }

  /** What travels, where anything does. */
  String classPath() {
    return code != null ? code : System.getProperty("java.class.path", "");
  }

  /** Whether that is the class path of this JVM. */
  boolean isOwnCode() {
    return code == null;
  }
}
