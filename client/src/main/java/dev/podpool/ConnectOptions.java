package dev.podpool;

import java.time.Duration;

/**
 * How a client talks to a runtime. Immutable; used with {@link Podpool#connect(ConnectOptions)}.
 */
public final class ConnectOptions {

  private static final ConnectOptions DEFAULTS = new ConnectOptions(Duration.ofMinutes(5), true);

  private final Duration patience;
  private final boolean codeTravels;

  private ConnectOptions(Duration patience, boolean codeTravels) {
    this.patience = patience;
    this.codeTravels = codeTravels;
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
    return new ConnectOptions(JobOptions.atLeastOneMilli("patience", value), codeTravels);
  }

  /**
   * Leaves the code where it is: the workers have the functions' classes on a class path of their
   * own. By default this JVM's class path is sent before the first job, but for what the workers or
   * an earlier client have brought.
   */
  public ConnectOptions withCodeInWorkers() {
    return new ConnectOptions(patience, false);
  }

  Duration patience() {
    return patience;
  }

  boolean codeTravels() {
    return codeTravels;
  }
}
