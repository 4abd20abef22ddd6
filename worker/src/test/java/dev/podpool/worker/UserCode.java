package dev.podpool.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What users do to a child. */
@SuppressWarnings("DoNotCallSuggester")
final class UserCode {
  private UserCode() {}

  /** Only the child that first meets it knows. */
  static final class Unknown extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message either");
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      throw new IllegalStateException("nor a stack");
    }

    @Override
    public synchronized Throwable getCause() {
      throw new IllegalStateException("nor a cause");
    }
  }

  static final class Bean {
    public int getValue() {
      throw new IllegalStateException("can't be read");
    }
  }

  static int square(int n) {
    return n * n;
  }

  static Integer nullForOdd(int n) {
    return n % 2 == 1 ? null : n;
  }

  static int failAtSeven(int n) {
    if (n == 7) {
      throw new IllegalArgumentException("seven", new IOException("below"));
    }
    return n;
  }

  static int throwUnknown(int n) {
    if (n == 1) {
      throw new Unknown();
    }
    return n;
  }

  static int interrupted(int n) throws InterruptedException {
    throw new InterruptedException("by itself");
  }

  static Bean unreadable(int n) {
    return new Bean();
  }

  static int exitAtSeven(int n) {
    if (n == 7) {
      System.exit(3);
    }
    return n;
  }

  static int haltAtOnce(int n) {
    Runtime.getRuntime().halt(9);
    return n;
  }

  static int recurse(int n) {
    return n == 7 ? 1 + recurse(n) : n;
  }

  static int eatMemory(int n) {
    List<byte[]> eaten = new ArrayList<>();
    while (n == 7) {
      eaten.add(new byte[1 << 20]);
    }
    return eaten.size() + n;
  }

  static long pid(int n) {
    return ProcessHandle.current().pid();
  }

  static long hangAtSeven(int n) {
    if (n == 7) {
      System.out.println("seven");
      Object never = new Object();
      synchronized (never) {
        while (true) {
          try {
            never.wait();
          } catch (InterruptedException e) {
            System.out.println("no");
          }
        }
      }
    }
    return n;
  }

  /** Throws if it is run twice. */
  static boolean createOnce(String file) throws IOException {
    java.nio.file.Files.createFile(java.nio.file.Path.of(file));
    return true;
  }

  static int announceAndHang(int n) throws InterruptedException {
    System.out.println("at work on " + n);
    Thread.sleep(Long.MAX_VALUE);
    return n;
  }

  static int spin(int millis) {
    long end = System.nanoTime() + millis * 1_000_000L;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    return millis;
  }

  static int sleep(int millis) throws InterruptedException {
    Thread.sleep(millis);
    return millis;
  }

  static long sleepAndTellPid(int millis) throws InterruptedException {
    Thread.sleep(millis);
    return ProcessHandle.current().pid();
  }

  static int announceAndSleep(int millis) throws InterruptedException {
    System.out.println("at work");
    Thread.sleep(millis);
    return millis;
  }

  static int disturb(int n) {
    Thread.currentThread().interrupt();
    Thread.currentThread().setContextClassLoader(null);
    System.setOut(null);
    System.setErr(null);
    return n;
  }

  /** From now on every thread of the process is interrupted, again and again. */
  static int interruptForEver(int n) {
    ThreadGroup all = Thread.currentThread().getThreadGroup();
    Thread interrupter =
        new Thread(
            new ThreadGroup(all.getParent(), "elsewhere"),
            () -> {
              while (true) {
                all.interrupt();
              }
            });
    interrupter.setDaemon(true);
    interrupter.start();
    return n;
  }

  static boolean undisturbed(int n) throws IOException {
    System.out.println("undisturbed");
    return !Thread.currentThread().isInterrupted()
        && Thread.currentThread().getContextClassLoader() != null
        && System.in.read() == -1;
  }

  static int greet(int n) {
    System.out.println("hello " + n + " grüße");
    System.err.println("oops " + n);
    return n;
  }

  static int print(int megabytes) {
    String line = "x".repeat(1023) + "\n";
    for (int i = 0; i < megabytes * 1024; i++) {
      System.out.print(line);
    }
    return megabytes;
  }

  static byte[] bytes(int count) {
    return new byte[count];
  }

  static int ignoreSigterm(int n) throws InterruptedException {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  while (true) {
                    try {
                      Thread.sleep(1000);
                    } catch (InterruptedException e) {
                      System.out.println("still here");
                    }
                  }
                }));
    if (n == 7) {
      Thread.sleep(Long.MAX_VALUE);
    }
    return n;
  }

  static long startGrandchild(int n) throws Exception {
    Process grandchild = new ProcessBuilder("sleep", "1000").start();
    System.out.println("grandchild " + grandchild.pid());
    System.out.flush();
    grandchild.waitFor();
    return 0;
  }

  static long startInBackground(int seconds) throws Exception {
    return new ProcessBuilder("sleep", Integer.toString(seconds)).start().pid();
  }

  static int leaveThreadRunning(int n) {
    Thread.currentThread();
    Thread thread =
        new Thread(
            () -> {
              while (true) {
                Thread.onSpinWait();
              }
            });
    thread.start();
    return n;
  }

  static String initialized = "no";

  static int initialize(String value) {
    initialized = value;
    return 0;
  }

  static String initialized(int n) {
    return initialized;
  }

  static int failToInitialize(String value) {
    throw new IllegalStateException("no " + value);
  }

  static int exitInitializing(String value) {
    System.exit(5);
    return 0;
  }

  static int hangInitializing(String value) throws InterruptedException {
    Thread.sleep(Long.MAX_VALUE);
    return 0;
  }

  /** Fails until the file named is there. */
  static int initializeWithFile(String file) {
    if (!new java.io.File(file).exists()) {
      throw new IllegalStateException("no file yet");
    }
    return 0;
  }

  static int printNatively(int n) throws Exception {
    return new ProcessBuilder("sh", "-c", "echo out; echo err >&2").inheritIO().start().waitFor();
  }

  static String option(String name) {
    return String.valueOf(System.getProperty(name));
  }

  static String collectors(int n) {
    return java.lang.management.ManagementFactory.getGarbageCollectorMXBeans().stream()
        .map(java.lang.management.MemoryManagerMXBean::getName)
        .toList()
        .toString();
  }
}
