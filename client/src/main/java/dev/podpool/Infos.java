package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.JobStatus;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.TaskOutput;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
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

  static ObjectInfo of(ObjectStatus status) {
    ObjectSpec spec = status.getSpec();
    String name = status.getObject().getName();
    return new ObjectInfo(
        ObjectInfo.Kind.valueOf(status.getObject().getKind().name()),
        name.isEmpty() ? null : name,
        HexFormat.of().formatHex(status.getObject().getId().toByteArray()),
        status.getSessions(),
        status.getWaiting(),
        status.getHoldersList().stream()
            .map(
                holder ->
                    new ObjectInfo.Holder(
                        holder.getPrincipal(), holder.getSession(), holder.getCount()))
            .toList(),
        status.getCount(),
        size(spec),
        status.getUnfinished(),
        status.getBroken(),
        status.getClosed(),
        status.getVersion(),
        Duration.ofMillis(spec.getTimeToLiveMillis()));
  }

  /** What it was made with, whatever that is called. */
  private static long size(ObjectSpec spec) {
    return switch (spec.getKindCase()) {
      case SEMAPHORE -> spec.getSemaphore().getPermits();
      case BARRIER -> spec.getBarrier().getParties();
      case QUEUE -> spec.getQueue().getItemsMax();
      case ARRAY -> spec.getArray().getLength();
      default -> 0;
    };
  }

  static ObjectKind of(ObjectInfo.Kind kind) {
    return ObjectKind.valueOf(kind.name());
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
