package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.JobStatus;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.TaskOutput;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.UUID;

/** What the queue answers, in the caller's words. */
final class Infos {

  private Infos() {}

  static UUID uuid(ByteString id) {
    if (id.size() != 16) {
      throw new IllegalStateException("the queue names a job by " + id.size() + " bytes");
    }
    ByteBuffer bytes = id.asReadOnlyByteBuffer();
    return new UUID(bytes.getLong(), bytes.getLong());
  }

  static PoolInfo of(PoolStatus status) {
    Failure failure = status.getFailure().getFailure();
    return new PoolInfo(
        status.getPool(),
        status.getReady(),
        status.getLeased(),
        status.getSucceeded(),
        status.getFailed(),
        status.getDead(),
        status.getRedelivered(),
        status.getCharged(),
        status.getJobs(),
        status.getWorkersList().stream()
            .map(
                worker ->
                    new PoolInfo.Worker(
                        worker.getWorker(),
                        worker.getSlots(),
                        worker.getLeased(),
                        worker.getCordoned()))
            .toList(),
        failure.getMessage().isEmpty() ? failure.getType() : failure.getMessage());
  }

  static JobInfo of(JobStatus status) {
    return new JobInfo(
        uuid(status.getJobId()),
        status.getPool(),
        status.getFunctionName(),
        status.getPrincipal(),
        status.getItems(),
        status.getComplete(),
        status.getEnded(),
        status.getFailed(),
        status.getDead(),
        status.getCancelled(),
        status.getExpired(),
        Duration.ofMillis(status.getAgeMillis()),
        status.getPriority());
  }

  static DeadItem of(dev.podpool.protocol.DeadItem item) {
    return new DeadItem(
        uuid(item.getJobId()),
        item.getFunctionName(),
        item.getIndex(),
        item.getLoss().getWorker(),
        item.getLoss().getExitCode(),
        item.getLoss().getCause(),
        item.getLoss().getCharged());
  }

  static ItemOutput of(TaskOutput output) {
    return new ItemOutput(
        output.getJobId().isEmpty() ? null : uuid(output.getJobId()),
        output.getIndex(),
        output.getPool(),
        output.getWorker(),
        output.getStream() == 2,
        output.getText(),
        output.getDroppedBytes());
  }
}
