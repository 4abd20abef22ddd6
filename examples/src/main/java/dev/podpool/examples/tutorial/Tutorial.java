package dev.podpool.examples.tutorial;

import dev.podpool.ClusterOptions;
import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where an example runs, and with how many processes, as its arguments say: options first, then
 * numbers.
 *
 * <pre>
 * Apples                                the 50 people of the tutorial, on this machine
 * Apples 8                              8 people
 * Apples --connect 8                    on the runtime that Podpool.connect() finds
 * Apples --runtime DIRECTORY 8          on that of a directory
 * Apples --context kind-x -n team 8     on a cluster; --queue and --service-account name more of it
 * Squares --pool index -n team          on a pool that is there, and not on "tutorial"
 * </pre>
 */
public final class Tutorial {

  private static final int NUMBER_MAX = 1000;

  private final Deque<String> numbers = new ArrayDeque<>();
  private String pool = "tutorial";
  private boolean connects;
  private @Nullable Path runtime;
  private @Nullable ClusterOptions cluster;

  private Tutorial(String... arguments) {
    Deque<String> left = new ArrayDeque<>(List.of(arguments));
    while (!left.isEmpty()) {
      String next = left.remove();
      switch (next) {
        case "--connect" -> connects = true;
        case "--runtime" -> runtime = Path.of(value(next, left));
        case "--context" -> cluster = cluster().withContext(value(next, left));
        case "-n", "--namespace" -> cluster = cluster().withNamespace(value(next, left));
        case "--queue" -> cluster = cluster().withQueue(value(next, left));
        case "--service-account" -> cluster = cluster().withServiceAccount(value(next, left));
        case "--pool" -> pool = value(next, left);
        default -> numbers.add(next);
      }
    }
  }

  /**
   * Reads {@code arguments}.
   *
   * @throws IllegalArgumentException if an option is the last, and so has no value
   */
  public static Tutorial of(String... arguments) {
    return new Tutorial(arguments);
  }

  private static String value(String option, Deque<String> left) {
    if (left.isEmpty()) {
      throw new IllegalArgumentException(option + " has no value; give one behind it");
    }
    return left.remove();
  }

  private ClusterOptions cluster() {
    return cluster == null ? ClusterOptions.defaults() : cluster;
  }

  /** {@link #number(String, int, int)} of which there is at least one. */
  public int number(String what, int usual) {
    return number(what, usual, 1);
  }

  /**
   * The next number of the arguments; where there is none any more, {@code usual}.
   *
   * @param what it counts, for people
   * @throws IllegalArgumentException if it is no number, below {@code least} or above 1000
   */
  public int number(String what, int usual, int least) {
    if (numbers.isEmpty()) {
      return usual;
    }
    String given = numbers.remove();
    try {
      int number = Integer.parseInt(given);
      if (number >= least && number <= NUMBER_MAX) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new IllegalArgumentException(
        "the number of %s is '%s'; give %d to %d, or nothing for %d"
            .formatted(what, given, least, NUMBER_MAX, usual));
  }

  /**
   * Opens where it runs: a runtime of this program's own, which needs nothing to be running, unless
   * the arguments say otherwise. The numbers have been asked for.
   *
   * @throws IllegalArgumentException if there are arguments left that nobody has asked for
   */
  public Podpool podpool() {
    if (!numbers.isEmpty()) {
      throw new IllegalArgumentException(
          "'%s' is nothing that this example takes; leave it out".formatted(numbers.element()));
    }
    // What else is on the class path is Podpool's own, which workers have.
    ConnectOptions options = ConnectOptions.defaults().withCode(ownCode());
    if (cluster != null) {
      return Podpool.connect(options.toCluster(cluster));
    }
    if (runtime != null) {
      return Podpool.connect(runtime, options);
    }
    return connects ? Podpool.connect(options) : Podpool.local();
  }

  /**
   * A pool at {@code podpool}: on a runtime of this program's own a new one of {@code workers}
   * processes; elsewhere one that is there, with the workers that its manifest says:
   * examples/tutorial/pool.yaml.
   */
  public Pool pool(Podpool podpool, int workers) {
    boolean isOwn = cluster == null && runtime == null && !connects;
    return isOwn ? podpool.pool(workers) : podpool.pool(pool);
  }

  private static String ownCode() {
    return Path.of(Tutorial.class.getProtectionDomain().getCodeSource().getLocation().getPath())
        .toString();
  }

  /**
   * An address of this process at which the others of its example reach it: in a pod the pod's, and
   * on one machine its loopback, so that nobody else does.
   */
  static InetAddress address() throws UnknownHostException {
    boolean isPod = System.getenv("KUBERNETES_SERVICE_HOST") != null;
    return isPod ? InetAddress.getLocalHost() : InetAddress.getLoopbackAddress();
  }
}
