package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobsQuery;
import dev.podpool.protocol.DeadItem;
import dev.podpool.protocol.DeadQuery;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.JobStatus;
import dev.podpool.protocol.JobsQuery;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.WorkerLoss;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Answers to questions about the state. Changes nothing. */
final class Reads {

  private final Pools pools;
  private final Jobs jobs;
  private final Blobs blobs;
  private final SharedObjects objects;

  Reads(Pools pools, Jobs jobs, Blobs blobs, SharedObjects objects) {
    this.pools = pools;
    this.jobs = jobs;
    this.blobs = blobs;
    this.objects = objects;
  }

  ReadResponse read(ReadRequest request, long index, long nowMillis) {
    ReadResponse.Builder into = ReadResponse.newBuilder();
    Refusal refusal =
        switch (request.getKindCase()) {
          case POOLS -> pools(request.getPools(), index, nowMillis, into);
          case JOBS -> jobs(request.getJobs(), nowMillis, into);
          case DEAD -> dead(request.getDead(), into);
          case BLOBS -> missing(request.getBlobs(), into);
          case OBJECT -> objects.read(request.getObject(), into);
          case OBJECTS -> objects.read(request.getObjects(), into);
          case KIND_NOT_SET -> Refusals.invalid("a read of nothing, or of what this version lacks");
        };
    return refusal == null ? into.build() : into.setRefusal(refusal).build();
  }

  private @Nullable Refusal pools(
      PoolsQuery query, long index, long nowMillis, ReadResponse.Builder into) {
    if (query.getPool().isEmpty()) {
      var all = into.getPoolsBuilder();
      pools.all().forEach(pool -> all.addPools(pool.status(index, nowMillis)));
      return null;
    }
    Pool pool = pools.find(query.getPool());
    if (pool == null) {
      return Refusals.unknownPool(query.getPool());
    }
    into.getPoolsBuilder().addPools(pool.status(index, nowMillis));
    return null;
  }

  // ---- jobs

  private @Nullable Refusal jobs(JobsQuery query, long nowMillis, ReadResponse.Builder into) {
    Refusal refusal = checkNamed(query.getPool(), query.getJobId());
    if (refusal != null) {
      return refusal;
    }
    List<Job> oldestFirst = new ArrayList<>(named(query.getPool(), query.getJobId()));
    var answer = into.getJobsBuilder();
    int left = limit(query.getLimit());
    for (int at = oldestFirst.size() - 1; at >= 0 && left > 0; at--, left--) {
      answer.addJobs(status(oldestFirst.get(at), nowMillis));
    }
    return null;
  }

  private static JobStatus status(Job job, long nowMillis) {
    return JobStatus.newBuilder()
        .setJobId(job.id)
        .setPool(job.pool.name())
        .setFunctionName(job.submitted.getFunctionName())
        .setPrincipal(job.principal)
        .setItems(job.items.size())
        .setComplete(job.complete)
        .setEnded(job.items.size() - job.unended())
        .setFailed(job.countEnded(ItemState.FAILED))
        .setDead(job.countEnded(ItemState.DEAD))
        .setCancelled(job.countEnded(ItemState.CANCELLED))
        .setExpired(job.countEnded(ItemState.EXPIRED))
        .setAgeMillis(nowMillis - job.submittedAtMillis)
        .setPriority(job.submitted.getPriority())
        .build();
  }

  /** Where pool and job are both named, the job must be the pool's: an id alone is no right. */
  private @Nullable Refusal checkNamed(String poolName, ByteString jobId) {
    Pool pool = pools.find(poolName);
    if (pool == null && !poolName.isEmpty()) {
      return Refusals.unknownPool(poolName);
    }
    Job job = jobs.find(jobId);
    boolean isThere = job != null && (pool == null || job.pool == pool);
    return isThere || jobId.isEmpty() ? null : Refusals.unknownJob();
  }

  /** What {@link #checkNamed} has found in order; oldest first. */
  private Collection<Job> named(String poolName, ByteString jobId) {
    Job job = jobs.find(jobId);
    if (job != null) {
      return List.of(job);
    }
    Pool pool = pools.find(poolName);
    return pool == null ? jobs.all() : pool.jobs.values();
  }

  /** Unsigned, and 0 is none. */
  private static int limit(int limit) {
    return limit <= 0 ? Integer.MAX_VALUE : limit;
  }

  // ---- the dead list

  private @Nullable Refusal dead(DeadQuery query, ReadResponse.Builder into) {
    if (query.getPool().isEmpty() && query.getJobId().isEmpty()) {
      return Refusals.invalid("dead items of no pool and no job; name one of the two");
    }
    Refusal refusal = checkNamed(query.getPool(), query.getJobId());
    if (refusal != null) {
      return refusal;
    }
    int left = limit(query.getLimit());
    var answer = into.getDeadBuilder();
    for (Job job : named(query.getPool(), query.getJobId())) {
      if (job.dead > 0 && left > 0) {
        List<DeadItem> its = dead(job, left);
        answer.addAllItems(its);
        left -= its.size();
      }
    }
    return null;
  }

  /** The first {@code limit} of those that can be retried, with their last loss. */
  private static List<DeadItem> dead(Job job, int limit) {
    TreeMap<Long, WorkerLoss> losses = new TreeMap<>();
    for (Outcome outcome : job.log.all()) {
      if (outcome.getEnded().getState() == ItemState.DEAD) {
        losses.put(outcome.getFirst(), outcome.getEnded().getLoss());
      }
    }
    List<DeadItem> dead = new ArrayList<>();
    for (Map.Entry<Long, WorkerLoss> loss : losses.entrySet()) {
      if (job.items.state(loss.getKey()) == ItemState.DEAD_VALUE && dead.size() < limit) {
        dead.add(
            DeadItem.newBuilder()
                .setJobId(job.id)
                .setFunctionName(job.submitted.getFunctionName())
                .setIndex(loss.getKey())
                .setLoss(loss.getValue())
                .build());
      }
    }
    return dead;
  }

  // ---- blobs

  private @Nullable Refusal missing(BlobsQuery query, ReadResponse.Builder into) {
    var missing = into.getMissingBuilder();
    for (Blob blob : query.getBlobsList()) {
      Refusal refusal = Blobs.check(blob);
      if (refusal != null) {
        return refusal;
      }
      if (!blobs.isThere(blob)) {
        missing.addBlobs(blob);
      }
    }
    return null;
  }
}
