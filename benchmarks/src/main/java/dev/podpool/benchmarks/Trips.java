package dev.podpool.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/** Calls one after the other, by one caller: how long each takes. */
final class Trips {

  // Until the code of both ends is compiled for good, which takes the JVMs some 30,000 here.
  private static final int WARM_UPS = 30_000;
  private static final int MEASURED = 5_000;

  /** One of them. */
  interface Trip {
    void run() throws Exception;
  }

  private Trips() {}

  /** Prints the median and the 99th percentile in microseconds, as {@code cpython_pool.py} does. */
  static void print(String name, Trip trip) throws Exception {
    micros(WARM_UPS, trip); // until the code is compiled, here and there
    double[] micros = micros(MEASURED, trip);
    print(name, median(micros));
    print(name + ".p99", micros[micros.length * 99 / 100]);
  }

  /** As {@link #print(String, Trip)}, with {@code before} each of them, which is not counted. */
  static void printWithout(String name, Trip before, Trip trip) throws Exception {
    double[] micros = micros(MEASURED, before, trip);
    print(name, median(micros));
    print(name + ".p99", micros[micros.length * 99 / 100]);
  }

  /** Microseconds that each took, sorted. */
  static double[] micros(int count, Trip trip) throws Exception {
    return micros(count, () -> {}, trip);
  }

  private static double[] micros(int count, Trip before, Trip trip) throws Exception {
    double[] micros = new double[count];
    for (int i = 0; i < count; i++) {
      before.run();
      long start = System.nanoTime();
      trip.run();
      micros[i] = (System.nanoTime() - start) / 1e3;
    }
    Arrays.sort(micros);
    return micros;
  }

  static double median(double[] sorted) {
    return sorted[sorted.length / 2];
  }

  static void print(String name, double value) {
    System.out.printf(Locale.ROOT, "%s %.3f%n", name, value);
  }
}
