package dev.podpool.queue.raft;

import dev.podpool.protocol.Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/**
 * Prints what the log does in a second with one entry at a time: {@code RaftBench DIRECTORY}. For
 * people; nothing depends on the figures. The same with a bare file, write and fdatasync, beside
 * it.
 */
final class RaftBench {

  public static void main(String[] args) throws Exception {
    Path root = Path.of(args[0]);
    for (int round = 0; round < 3; round++) {
      Path directory = Files.createTempDirectory(root, "bench");
      Semaphore applied = new Semaphore(0);
      Numbered replica =
          new Numbered(50 << 20) {
            @Override
            public void apply(Entry entry) {
              applied.release();
            }
          };
      long begin = System.nanoTime();
      RatisLog log = new RatisLog(RatisSettings.of(directory, Throwable::printStackTrace));
      log.start(replica);
      long started = System.nanoTime();
      print("start ms", (started - begin) / 1e6);
      measure(log, applied, 200, 3000);
      measure(log, applied, 256 << 10, 800);
      begin = System.nanoTime();
      log.close();
      print("close ms", (System.nanoTime() - begin) / 1e6);
      begin = System.nanoTime();
      RatisLog again = new RatisLog(RatisSettings.of(directory, Throwable::printStackTrace));
      again.start(
          new Numbered() {
            @Override
            public void apply(Entry entry) {}
          });
      print("restart ms", (System.nanoTime() - begin) / 1e6);
      print("bytes kept MB", LogFiles.bytes(directory) / 1e6);
      again.close();
      bare(directory.resolve("bare"), 200, 3000);
      bare(directory.resolve("bare"), 256 << 10, 800);
    }
  }

  private static void measure(RatisLog log, Semaphore applied, int bytes, int count)
      throws InterruptedException {
    Entry entry = Numbered.entry(1, bytes);
    long worst = 0;
    long begin = System.nanoTime();
    for (int i = 0; i < count; i++) {
      long one = System.nanoTime();
      log.append(entry);
      applied.acquire();
      worst = Math.max(worst, System.nanoTime() - one);
    }
    report("ratis", bytes, count, System.nanoTime() - begin, worst);
  }

  private static void bare(Path file, int bytes, int count) throws Exception {
    byte[] content = Numbered.entry(1, bytes).toByteArray();
    try (var channel =
        java.nio.channels.FileChannel.open(
            file,
            java.nio.file.StandardOpenOption.CREATE,
            java.nio.file.StandardOpenOption.WRITE)) {
      long worst = 0;
      long begin = System.nanoTime();
      for (int i = 0; i < count; i++) {
        long one = System.nanoTime();
        channel.write(java.nio.ByteBuffer.wrap(content));
        channel.force(false);
        worst = Math.max(worst, System.nanoTime() - one);
      }
      report("bare file", bytes, count, System.nanoTime() - begin, worst);
    }
    Files.delete(file);
  }

  private static void report(String what, int bytes, int count, long nanos, long worst) {
    double seconds = nanos / 1e9;
    System.out.printf(
        "%s, %d bytes: %.0f entries/s, %.1f MB/s, worst %.1f ms%n",
        what, bytes, count / seconds, count * (double) bytes / 1e6 / seconds, worst / 1e6);
  }

  private static void print(String what, double value) {
    System.out.printf("%s: %.0f%n", what, value);
  }
}
