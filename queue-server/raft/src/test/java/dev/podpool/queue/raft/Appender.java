package dev.podpool.queue.raft;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A process that appends entries, one after the other, until it is killed or the log fails: {@code
 * Appender DIRECTORY SNAPSHOT_LOG_BYTES ENTRY_BYTES}. Says "lead N", then "applied N" for each, and
 * "failed ..." each time that it is told so.
 */
final class Appender {

  private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

  public static void main(String[] args) throws Exception {
    int entryBytes = Integer.parseInt(args[2]);
    RatisLog[] log = new RatisLog[1];
    Numbered replica = new Numbered(20_000);
    log[0] =
        new RatisLog(
            RatisSettings.of(
                    Path.of(args[0]),
                    e -> {
                      say("failed " + e);
                      // A loop that hears of it late goes on for a moment.
                      log[0].append(Numbered.entry(replica.applied() + 1, entryBytes));
                      log[0].append(Numbered.entry(replica.applied() + 1, entryBytes));
                      new Thread(() -> end(log[0], replica)).start();
                    })
                .withSnapshotLogBytes(Long.parseLong(args[1]))
                .withEntryBytesMax(64 << 10));
    log[0].start(replica);
    say("lead " + replica.applied());
    while (true) {
      replica.append(log[0], 1, entryBytes);
      say("applied " + replica.applied());
    }
  }

  private static void end(RatisLog log, Numbered replica) {
    log.close();
    say("ended " + replica.applied());
    Runtime.getRuntime().halt(3);
  }

  private static void say(String line) {
    try {
      OUT.write((line + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
    } catch (IOException e) {
      Runtime.getRuntime().halt(4);
    }
  }
}
