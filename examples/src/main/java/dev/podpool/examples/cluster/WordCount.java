package dev.podpool.examples.cluster;

import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Counts the words of each line of standard input on a pool of a cluster.
 *
 * <pre>
 * WordCount index               # the code travels to the pool's workers, whatever their image
 * WordCount own-image --in-image  # the workers' image has it (examples/cluster/own-image.yaml)
 * </pre>
 *
 * <p>It runs wherever {@link Podpool#connect()} finds a cluster: in a pod, or with the dependency
 * {@code podpool-client-kubernetes} where a kubeconfig is.
 */
public final class WordCount {

  private WordCount() {}

  /**
   * The initializer of examples/cluster/own-image.yaml: each process calls it once, by its name.
   */
  static void greet(String greeting) {
    System.out.println(greeting);
  }

  static int words(String line) {
    return line.isBlank() ? 0 : line.strip().split("\\s+").length;
  }

  /** How many words each of {@code lines} has. */
  public static List<Integer> count(Pool pool, List<String> lines) throws InterruptedException {
    return pool.map(WordCount::words, lines);
  }

  /** See above. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    boolean inImage = arguments.length == 2 && arguments[1].equals("--in-image");
    if (arguments.length != 1 && !inImage) {
      System.err.println("give a pool's name, and --in-image where its workers have this class");
      System.exit(2);
    }
    ConnectOptions options = ConnectOptions.defaults();
    try (Podpool podpool = Podpool.connect(inImage ? options.withCodeInWorkers() : options);
        Pool pool = podpool.pool(arguments[0])) {
      var input = new InputStreamReader(System.in, StandardCharsets.UTF_8);
      count(pool, new BufferedReader(input).lines().toList()).forEach(System.out::println);
    }
  }
}
