package dev.podpool.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** What the tests have children do. */
final class Work {

  private static int calls;

  private Work() {}

  enum Fruit {
    APPLE,
    PEAR
  }

  record Basket(Fruit fruit, int count, @Nullable String note) {}

  /** Cannot be encoded when it is 3. */
  record Shy(int n) {
    @Override
    public int n() {
      if (n == 3) {
        throw new IllegalStateException("three does not say");
      }
      return n;
    }
  }

  @SuppressWarnings("OverrideThrowableToString") // it is meant to be nasty
  static final class Unserializable extends RuntimeException {
    private static final long serialVersionUID = 1;

    @SuppressWarnings("serial")
    final Object lock = new Object();

    Unserializable(String message) {
      super(message);
    }

    @Override
    public String toString() {
      throw new IllegalStateException("not even this works");
    }
  }

  static int same(int n) {
    return n;
  }

  static int square(int n) {
    return n * n;
  }

  static long pid(int ignored) {
    return ProcessHandle.current().pid();
  }

  static int callsOfThisProcess(int ignored) {
    return ++calls;
  }

  /** Takes a while, by computing. */
  static int slowSame(int n) {
    long x = n;
    for (int i = 0; i < 2_000_000; i++) {
      x = x * 6364136223846793005L + 1442695040888963407L;
    }
    return x == 42 ? -1 : n;
  }

  static int throwsAtThree(int n) {
    if (n == 3) {
      throw new IllegalArgumentException("three is not to my taste");
    }
    return n;
  }

  static @Nullable Integer nullAtThree(int n) {
    return n == 3 ? null : n;
  }

  static @Nullable String echo(@Nullable String text) {
    return text;
  }

  static Basket later(Basket basket) {
    return new Basket(basket.fruit(), basket.count() + 1, basket.note());
  }

  static List<Basket> twice(List<Basket> baskets) {
    List<Basket> all = new ArrayList<>(baskets);
    all.addAll(baskets);
    return all;
  }

  static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  static Fruit other(Fruit fruit) {
    return fruit == Fruit.APPLE ? Fruit.PEAR : Fruit.APPLE;
  }

  static Instant after(Instant time, Duration duration) {
    return time.plus(duration);
  }

  static Shy unreadableAtThree(int n) {
    return new Shy(n);
  }

  static Runnable notAValue(int n) {
    return () -> {};
  }

  static int throwsUnserializable(int n) {
    throw new Unserializable("lock inside");
  }

  static int throwsWhatOnlyTheWorkerHas(String name) throws ReflectiveOperationException {
    Throwable trouble =
        Class.forName(name).asSubclass(Throwable.class).getConstructor().newInstance();
    throw new IllegalStateException("see cause", trouble);
  }

  static int exits(int n) {
    if (n == 3) {
      System.exit(5);
    }
    return n;
  }

  static int overflowsTheStack(int n) {
    return n == 3 ? overflowsTheStack(n) + 1 : n;
  }

  static int exhaustsMemory(int n) {
    if (n != 3) {
      return n;
    }
    List<long[]> all = new ArrayList<>();
    while (!all.contains(null)) {
      all.add(new long[1 << 16]);
    }
    return n;
  }

  static int waitsForEver(int n) throws InterruptedException {
    if (n == 3) {
      new CountDownLatch(1).await();
    }
    return n;
  }

  /** Kills its own process with signal 9, at three. */
  static int killsItself(int n) throws IOException, InterruptedException {
    if (n == 3) {
      String self = Long.toString(ProcessHandle.current().pid());
      new ProcessBuilder("kill", "-9", self).start().waitFor();
      new CountDownLatch(1).await();
    }
    return n;
  }

  /** Returns when whoever listens on {@code port} hangs up; at once for 0. */
  static int waitsAtGate(int port) throws IOException {
    if (port != 0) {
      try (Socket gate = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return gate.getInputStream().read();
      }
    }
    return 0;
  }

  static int prints(int megabytes) {
    String line = "x".repeat(1023);
    for (int i = 0; i < megabytes * 1024; i++) {
      System.out.println(line);
    }
    return megabytes;
  }

  static int hello(String name) {
    System.out.println("hello " + name);
    return 0;
  }

  static @Nullable String loaded;

  static int load(String path) {
    loaded = path;
    return 0;
  }

  static @Nullable String loaded(int ignored) {
    return loaded;
  }

  static int failsToLoad(String path) {
    throw new IllegalStateException(path + " absent");
  }

  static int exitsAtStart() {
    System.exit(3);
    return 0;
  }
}
