package dev.podpool.operator.local;

import dev.podpool.protocol.JobHeader;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PoolsChange;
import dev.podpool.protocol.TaskOutput;
import dev.podpool.rpc.OutputPublisher;
import dev.podpool.rpc.PoolsWatcher;
import dev.podpool.session.RandomId;
import dev.podpool.worker.ChildAccess;
import dev.podpool.worker.ProcessHost;
import dev.podpool.worker.WorkerListener;
import dev.podpool.worker.WorkerSettings;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Runs the processes that clients of a runtime start, as the queue tells of them. */
final class LocalProcesses implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration FETCH_MAX = Duration.ofMinutes(10);
  private static final int INLINE_BYTES_MAX = 256 << 10;

  private final Surroundings surroundings;
  private final OutputPublisher publisher;
  private final ProcessHost host;
  private final PoolsWatcher watcher;
  private final Set<String> started = new HashSet<>(); // that are not gone; the watcher's

  LocalProcesses(Surroundings surroundings) {
    this.surroundings = surroundings;
    publisher = new OutputPublisher(surroundings.connection());
    host =
        new ProcessHost(
            (open, handler) -> surroundings.connection().open(open, handler, PATIENCE),
            this::settings);
    watcher =
        new PoolsWatcher(
            surroundings.connection(),
            new PoolsWatcher.Listener() {
              @Override
              public void changed(PoolsChange change, boolean isAll) {
                LocalProcesses.this.changed(change, isAll);
              }

              @Override
              public void lost(String why) {} // its runtime sees to that
            });
  }

  void start() {
    watcher.start();
  }

  private void changed(PoolsChange change, boolean isAll) {
    change.getGoneList().forEach(started::remove);
    if (isAll) {
      started.retainAll(change.getChangedList().stream().map(PoolStatus::getPool).toList());
    }
    for (PoolStatus status : change.getChangedList()) {
      boolean waits =
          status.hasProcess()
              && !status.getProcess().getExited()
              && status.getReady() > 0
              && status.getWorkersCount() == 0;
      if (waits && started.add(status.getPool())) {
        host.start(status.getPool(), status.getProcess().getSpec());
      }
    }
  }

  private WorkerSettings settings(WorkerSettings of) {
    return of.withClassPath(surroundings.classPath())
        .withBlobs(surroundings.connection().blobs(FETCH_MAX))
        .withInlineBytesMax(INLINE_BYTES_MAX)
        .withCodeDirectory(surroundings.files().code())
        .withChildAccess(
            new ChildAccess(surroundings.connection(), of.pool(), RandomId.next(), PATIENCE))
        .withListener(new Output(of.pool()));
  }

  @Override
  public void close() {
    watcher.close();
    host.close();
    publisher.close();
  }

  private final class Output implements WorkerListener {
    private final String pool;

    Output(String pool) {
      this.pool = pool;
    }

    @Override
    public void output(int slot, @Nullable JobHeader job, long index, int stream, String text) {
      TaskOutput.Builder output =
          TaskOutput.newBuilder().setPool(pool).setWorker(pool).setStream(stream).setText(text);
      if (job != null) {
        output.setJobId(job.getJobId()).setIndex(index);
      }
      publisher.publish(output.build());
    }
  }
}
