package dev.podpool.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * {@code Pool.local} and CPython's Pool in turn, several rounds: one line a figure, with the
 * medians and their ratio (above 1: Podpool is better), and the same as JSON.
 */
public final class Bench {

  private static final int ROUNDS = 3;

  private record Figure(String name, String unit, boolean moreIsBetter) {}

  private static final List<Figure> FIGURES =
      List.of(
          new Figure("dispatch", "items/s", true),
          new Figure("singles", "jobs/s", true),
          new Figure("chunked", "items/s", true),
          new Figure("trip", "us", false),
          new Figure("fiber", "s", false));

  private Bench() {}

  /** Arguments: cpython_pool.py, and the file for the JSON. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    List<String> json = new ArrayList<>();
    for (Figure figure : FIGURES) {
      double[] podpool = new double[ROUNDS];
      double[] cpython = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        podpool[round] = number(podpool(figure));
        cpython[round] = number(List.of("python3", arguments[0], figure.name()));
      }
      double ours = median(podpool);
      double theirs = median(cpython);
      double ratio = figure.moreIsBetter() ? ours / theirs : theirs / ours;
      System.out.printf(
          Locale.ROOT,
          "%-8s podpool=%,.2f cpython=%,.2f %s ratio=%.2f%n",
          figure.name(),
          ours,
          theirs,
          figure.unit(),
          ratio);
      json.add(
          String.format(
              Locale.ROOT,
              "{\"name\":\"%s\",\"unit\":\"%s\",\"podpool\":%s,\"cpython\":%s,\"ratio\":%.3f}",
              figure.name(),
              figure.unit(),
              Arrays.toString(podpool),
              Arrays.toString(cpython),
              ratio));
    }
    Files.writeString(Path.of(arguments[1]), "[" + String.join(",\n ", json) + "]\n");
  }

  private static List<String> podpool(Figure figure) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-cp",
        System.getProperty("java.class.path"),
        Figures.class.getName(),
        figure.name());
  }

  private static double number(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      throw new IOException(command + " ended with exit code " + process.exitValue());
    }
    return Double.parseDouble(output);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
