package dev.podpool.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Podpool, durable and in memory, and CPython's Pool in turn, several rounds: one line a figure,
 * with the medians and their ratio (above 1: Podpool is better), and all rounds as JSON.
 */
public final class Bench {

  private static final int ROUNDS = 3;

  /**
   * A figure.
   *
   * @param mode how Podpool runs: {@code durable}, or {@code local}
   * @param peer its name in cpython_pool.py; null where CPython has no such thing
   */
  private record Figure(String mode, String name, @Nullable String peer) {}

  private static final List<Figure> FIGURES =
      List.of(
          new Figure("durable", "dispatch", "dispatch"),
          new Figure("durable", "slots", "dispatch"),
          new Figure("local", "dispatch", "dispatch"),
          new Figure("durable", "singles", "singles"),
          new Figure("local", "singles", "singles"),
          new Figure("durable", "chunked", "chunked"),
          new Figure("local", "chunked", "chunked"),
          new Figure("durable", "trip", "trip"),
          new Figure("local", "trip", "trip"),
          new Figure("durable", "fiber", "fiber"),
          new Figure("local", "fiber", "fiber"),
          new Figure("durable", "start", null),
          new Figure("durable", "idle", null));

  private static final Map<String, String> UNITS =
      Map.of(
          "dispatch", "items/s",
          "slots", "items/s",
          "singles", "jobs/s",
          "chunked", "items/s",
          "trip", "us",
          "trip.p99", "us",
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
    List<String> json = new ArrayList<>();
    for (String name : names) {
      if (wanted.isEmpty() || wanted.contains(name)) {
        List<Figure> figures = FIGURES.stream().filter(f -> f.name().equals(name)).toList();
        measure(figures, arguments[0], json);
      }
    }
    Files.writeString(Path.of(arguments[1]), "[" + String.join(",\n ", json) + "]\n");
  }

  /** Figures of one name, in turn. */
  private static void measure(List<Figure> figures, String python, List<String> json)
      throws IOException, InterruptedException {
    // What each said, by name, in the order of rounds.
    Map<Figure, Map<String, List<Double>>> ours = new LinkedHashMap<>();
    Map<String, List<Double>> theirs = new LinkedHashMap<>();
    String peer = figures.get(0).peer();
    for (int round = 0; round < ROUNDS; round++) {
      for (Figure figure : figures) {
        run(podpool(figure), ours.computeIfAbsent(figure, f -> new LinkedHashMap<>()));
      }
      if (peer != null) {
        run(List.of("python3", python, peer), theirs);
      }
    }
    ours.forEach(
        (figure, said) ->
            said.forEach(
                (name, values) -> {
                  String peerName =
                      peer == null ? name : name.replaceFirst("^" + figure.name(), peer);
                  json.add(report(figure.mode(), name, values, theirs.get(peerName)));
                }));
  }

  /** One line for people; the same for programs is returned. */
  private static String report(
      String mode, String name, List<Double> ours, @Nullable List<Double> theirs) {
    String unit = UNITS.getOrDefault(name, "");
    String line = String.format(Locale.ROOT, "%s.%s podpool=%,.2f", mode, name, median(ours));
    String json =
        String.format(
            Locale.ROOT,
            "{\"name\":\"%s\",\"mode\":\"%s\",\"unit\":\"%s\",\"podpool\":%s",
            name,
            mode,
            unit,
            ours);
    if (theirs != null) {
      double ratio = median(ours) / median(theirs);
      ratio = unit.endsWith("/s") ? ratio : 1 / ratio;
      line += String.format(Locale.ROOT, " cpython=%,.2f ratio=%.2f", median(theirs), ratio);
      json += String.format(Locale.ROOT, ",\"cpython\":%s,\"ratio\":%.3f", theirs, ratio);
    }
    System.out.println(line + (unit.isEmpty() ? "" : " " + unit));
    return json + "}";
  }

  private static List<String> podpool(Figure figure) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Dslf4j.internal.verbosity=ERROR",
        "-cp",
        System.getProperty("java.class.path"),
        Figures.class.getName(),
        figure.mode(),
        figure.name());
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
