package dev.podpool.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Podpool, durable and in memory, and its peers in turn, several rounds: one line a figure, with
 * the medians and their ratio (above 1: Podpool is better), and all rounds as JSON. A durable lock,
 * queue or map is beside Redis', which must be as durable: by commands as they are (Jedis), and by
 * objects as people use them in Java (Redisson). All else is beside CPython's. What ends in {@code
 * .first} is the first run of its JVMs; the others are warm.
 */
public final class Bench {

  private static final int ROUNDS = 3;

  /**
   * A figure.
   *
   * @param mode how Podpool runs: {@code durable}, or {@code local}; {@code bare}: what anything
   *     like it takes on this machine, without it
   * @param peers beside whom; nobody where nobody has such a thing
   */
  private record Figure(String mode, String name, List<Peer> peers) {

    Figure(String mode, String name, Peer... peers) {
      this(mode, name, List.of(peers));
    }
  }

  /**
   * Whom a figure is compared with.
   *
   * @param label for people and programs
   * @param figure its name there
   */
  private record Peer(String label, String figure) {

    static Peer cpython(String figure) {
      return new Peer("cpython", figure);
    }

    boolean isMissing() {
      return !label.equals("cpython") && !label.equals("manager") && !RedisServer.isInstalled();
    }
  }

  private static final String REDIS = "redis";
  private static final String REDISSON = "redisson";

  private static final List<Figure> FIGURES =
      Stream.concat(
              Stream.of(
                  new Figure("durable", "dispatch", Peer.cpython("dispatch")),
                  new Figure("durable", "slots", Peer.cpython("dispatch")),
                  new Figure("local", "dispatch", Peer.cpython("dispatch")),
                  new Figure("durable", "singles", Peer.cpython("singles")),
                  new Figure("local", "singles", Peer.cpython("singles")),
                  new Figure("durable", "chunked", Peer.cpython("chunked")),
                  new Figure("local", "chunked", Peer.cpython("chunked")),
                  new Figure("durable", "trip", Peer.cpython("trip")),
                  new Figure("local", "trip", Peer.cpython("trip")),
                  new Figure("durable", "fiber", Peer.cpython("fiber")),
                  new Figure("local", "fiber", Peer.cpython("fiber")),
                  new Figure("durable", "start"),
                  new Figure("durable", "idle"),
                  new Figure("bare", "floor")),
              Shared.FIGURES.stream()
                  .flatMap(
                      name ->
                          Stream.of(
                              new Figure(
                                  "durable", name, new Peer(REDIS, name), new Peer(REDISSON, name)),
                              new Figure("local", name, new Peer("manager", name)))))
          .toList();

  private static final Map<String, String> UNITS =
      Map.of(
          "dispatch", "items/s",
          "slots", "items/s",
          "singles", "jobs/s",
          "chunked", "items/s",
          "trip", "us",
          "trip.first_1000", "us",
          "fiber", "s",
          "start", "s");

  private Bench() {}

  /**
   * Arguments: cpython_pool.py, the file for the JSON, and names of figures; all, if there is none.
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    List<String> wanted = List.of(arguments).subList(2, arguments.length);
    List<String> names = FIGURES.stream().map(Figure::name).distinct().toList();
    for (String name : wanted) {
      if (!names.contains(name)) {
        System.err.println(
            "there is no figure '" + name + "'; give some of " + String.join(", ", names));
        System.exit(2);
      }
    }
    warnOfMissing(wanted);
    List<String> json = new ArrayList<>();
    for (String name : names) {
      if (wanted.isEmpty() || wanted.contains(name)) {
        List<Figure> figures = FIGURES.stream().filter(f -> f.name().equals(name)).toList();
        measure(figures, arguments[0], json);
      }
    }
    Files.writeString(Path.of(arguments[1]), "[" + String.join(",\n ", json) + "]\n");
  }

  private static void warnOfMissing(List<String> wanted) {
    List<String> without =
        FIGURES.stream()
            .filter(figure -> wanted.isEmpty() || wanted.contains(figure.name()))
            .filter(figure -> figure.peers().stream().anyMatch(Peer::isMissing))
            .map(Figure::name)
            .toList();
    if (!without.isEmpty()) {
      System.err.println(
          "there is no redis-server on the PATH: Redis' figures of "
              + String.join(", ", without)
              + " are SKIPPED; install it (apt-get install redis-server, and stop its service)");
    }
  }

  /** Figures of one name, in turn. */
  private static void measure(List<Figure> figures, String python, List<String> json)
      throws IOException, InterruptedException {
    // What each said, by name, in the order of rounds.
    Map<Figure, Map<String, List<Double>>> ours = new LinkedHashMap<>();
    Map<Peer, Map<String, List<Double>>> theirs = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      Set<Peer> peers = new LinkedHashSet<>();
      for (Figure figure : figures) {
        run(podpool(figure), ours.computeIfAbsent(figure, f -> new LinkedHashMap<>()));
        figure.peers().stream().filter(peer -> !peer.isMissing()).forEach(peers::add);
      }
      for (Peer peer : peers) {
        run(peer(peer, python), theirs.computeIfAbsent(peer, p -> new LinkedHashMap<>()));
      }
    }
    ours.forEach(
        (figure, said) ->
            said.forEach((name, values) -> json.add(report(figure, name, values, theirs))));
  }

  private static List<String> peer(Peer peer, String python) {
    return switch (peer.label()) {
      case REDIS -> java(RedisFigures.class, peer.figure());
      case REDISSON -> java(RedissonFigures.class, peer.figure());
      default -> List.of("python3", python, peer.figure());
    };
  }

  /** One line for people; the same for programs is returned. */
  private static String report(
      Figure figure, String name, List<Double> ours, Map<Peer, Map<String, List<Double>>> peers) {
    String unit = unit(name);
    String line =
        String.format(Locale.ROOT, "%s.%s podpool=%,.2f", figure.mode(), name, median(ours));
    String json =
        String.format(
            Locale.ROOT,
            "{\"name\":\"%s\",\"mode\":\"%s\",\"unit\":\"%s\",\"podpool\":%s",
            name,
            figure.mode(),
            unit,
            ours);
    for (Peer peer : figure.peers()) {
      List<Double> theirs =
          peers
              .getOrDefault(peer, Map.of())
              .get(warm(name).replaceFirst("^" + figure.name(), peer.figure()));
      if (theirs != null) {
        double ratio = median(ours) / median(theirs);
        ratio = unit.endsWith("/s") ? ratio : 1 / ratio;
        line +=
            String.format(Locale.ROOT, " %s=%,.2f ratio=%.2f", peer.label(), median(theirs), ratio);
        json +=
            String.format(
                Locale.ROOT,
                ",\"%s\":%s,\"%s_ratio\":%.3f",
                peer.label(),
                theirs,
                peer.label(),
                ratio);
      }
    }
    System.out.println(line + (unit.isEmpty() ? "" : " " + unit));
    return json + "}";
  }

  private static String unit(String name) {
    boolean isTrip = // of Trips, as "trip" is
        name.endsWith(".p99") || Shared.FIGURES.contains(name) || name.startsWith("floor.");
    return isTrip ? "us" : UNITS.getOrDefault(warm(name), "");
  }

  /** A first run is of the same as those that are warm; whoever needs no warming up has one. */
  private static String warm(String name) {
    return name.replaceFirst("\\.first$", "");
  }

  private static List<String> podpool(Figure figure) {
    return figure.mode().equals("bare")
        ? java(Floors.class)
        : java(Figures.class, figure.mode(), figure.name());
  }

  private static List<String> java(Class<?> main, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dslf4j.internal.verbosity=ERROR",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Adds the numbers that {@code command} prints to those of their names. */
  private static void run(List<String> command, Map<String, List<Double>> said)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + " ended with exit code " + process.exitValue());
    }
    for (String line : output.strip().split("\n", -1)) {
      String[] words = line.split(" ", 2);
      said.computeIfAbsent(words[0], any -> new ArrayList<>()).add(Double.parseDouble(words[1]));
    }
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }
}
