package dev.podpool.e2e;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import dev.podpool.PodpoolException;
import dev.podpool.SharedLock;
import dev.podpool.SharedMap;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** What the scenarios have workers do. It travels to them. */
final class Work {

  /** Large enough for direct and ordinary memory together to exceed a worker's limit. */
  private static final int PIECE_BYTES = 8 << 20;

  private Work() {}

  /** Inputs: 0 and up. */
  static List<Integer> numbers(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  /** What becomes of them. */
  static List<Integer> squares(int count) {
    return IntStream.range(0, count).map(n -> n * n).boxed().toList();
  }

  static int square(int n) {
    return n * n;
  }

  /** The square, after 50 ms. */
  static int slowSquare(int n) throws InterruptedException {
    Thread.sleep(50);
    return n * n;
  }

  /** The square, after a second. */
  static int verySlowSquare(int n) throws InterruptedException {
    Thread.sleep(1000);
    return n * n;
  }

  /** The worker's name, after 100 ms. */
  static String where(int n) throws InterruptedException {
    Thread.sleep(100);
    return System.getenv("PODPOOL_WORKER");
  }

  /** The square; of 7, all the memory that there is. */
  static int greedySquare(int n) {
    if (n == 7) {
      List<Object> kept = new ArrayList<>();
      while (true) {
        kept.add(ByteBuffer.allocateDirect(PIECE_BYTES));
        kept.add(filled());
      }
    }
    return n * n;
  }

  private static byte[] filled() {
    byte[] bytes = new byte[PIECE_BYTES];
    java.util.Arrays.fill(bytes, (byte) 1);
    return bytes;
  }

  // ---- what processes do

  static void returnAtOnce() {}

  static void throwAtOnce() {
    throw new IllegalStateException("no such luck");
  }

  static void exitWith(int code) {
    System.exit(code);
  }

  static void sleepMillis(int millis) throws InterruptedException {
    Thread.sleep(millis);
  }

  /** Until somebody ends it. */
  static void hang() throws InterruptedException {
    Thread.sleep(Long.MAX_VALUE);
  }

  /**
   * Counts itself under the lock, and has a process do the same.
   *
   * @return that one's exit code, and what the queue says to somebody who asks for more
   */
  static String countAndStart(SharedLock lock, SharedMap<String, Long> counts) throws Exception {
    count(lock, counts);
    Podpool podpool = Podpool.connect();
    PodProcess child = podpool.process(Work::count, lock, counts).name("child");
    child.start();
    child.join();
    Integer exitCode = child.exitCode();
    try {
      return exitCode + ", and sees " + podpool.jobs();
    } catch (PodpoolException e) {
      return exitCode + ", and may not ask: " + e.getMessage();
    }
  }

  static void count(SharedLock lock, SharedMap<String, Long> counts) {
    lock.lock();
    try {
      Long before = counts.get("all");
      counts.put("all", before == null ? 1 : before + 1);
      counts.guardedBy(lock).put(PodProcess.current().name(), 1L);
    } finally {
      lock.unlock();
    }
  }

  /** Starts a daemon that does the same as this: nothing, until somebody ends it. */
  static void hangWithDaemon() throws Exception {
    Podpool.connect().process(Work::hang).name("inner").daemon(true).start();
    hang();
  }

  static int fail(int n) {
    throw new IllegalStateException("item " + n);
  }
}
