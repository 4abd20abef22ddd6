package dev.podpool.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.podpool.NotFoundException;
import dev.podpool.Podpool;
import dev.podpool.PoolInfo;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code podpool drain}. */
@Command(
    name = "drain",
    description =
        "Has the workers of a pool get no more items, and waits until they are at none. What is"
            + " queued stays, for workers that come later, or for --undo.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DrainCommand implements Callable<Integer> {

  private static final long LOOK_MILLIS = 50;

  private final Shell shell;

  @Parameters(paramLabel = "POOL", description = "Whose workers.")
  private String pool = "";

  @Option(names = "--undo", description = "Has its workers get items again.")
  private boolean undo;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description =
          "How long to wait for what they are at; they stay cordoned. Defaults to as long as it"
              + " takes.")
  private @Nullable Duration timeout;

  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  DrainCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws InterruptedException, CommandException {
    long start = System.nanoTime();
    try (Podpool podpool = connection.connect(shell)) {
      PoolInfo info = podpool.poolInfo(pool);
      for (PoolInfo.Worker worker : info.workers()) {
        try {
          podpool.cordon(pool, worker.name(), !undo);
        } catch (NotFoundException e) {
          // It has ended meanwhile.
        }
      }
      while (!undo && running(podpool.poolInfo(pool)) > 0) {
        if (timeout != null && System.nanoTime() - start > timeout.toNanos()) {
          throw new CommandException(
              ExitCode.TIMED_OUT,
              "%s of pool %s still run after %s; its workers stay cordoned"
                  .formatted(
                      Text.items(running(podpool.poolInfo(pool))),
                      pool,
                      Text.seconds(timeout.toNanos())));
        }
        Thread.sleep(LOOK_MILLIS); // the queue does not tell who is idle
      }
      PoolInfo now = podpool.poolInfo(pool);
      say(now.workers().size(), now.waiting());
    }
    return ExitCode.OK.code;
  }

  private static long running(PoolInfo info) {
    return info.workers().stream()
        .filter(PoolInfo.Worker::cordoned)
        .mapToLong(PoolInfo.Worker::running)
        .sum();
  }

  private void say(int workers, long waiting) {
    if (output.isJson()) {
      shell
          .out()
          .println(
              JsonNodeFactory.instance
                  .objectNode()
                  .put("pool", pool)
                  .put("workers", workers)
                  .put("cordoned", !undo)
                  .put("waiting", waiting));
      return;
    }
    shell
        .out()
        .println(
            "pool %s: %s %s; %s waiting"
                .formatted(
                    pool,
                    Text.workers(workers),
                    undo ? "get items again" : "cordoned and idle",
                    Text.items(waiting)));
  }
}
