package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.AddItems;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.CancelJob;
import dev.podpool.protocol.CloseSession;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.protocol.ConfirmResults;
import dev.podpool.protocol.CordonWorker;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DeletePool;
import dev.podpool.protocol.DropDead;
import dev.podpool.protocol.EndItems;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ExpireSession;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.GiveCredit;
import dev.podpool.protocol.JoinPool;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.PutBlob;
import dev.podpool.protocol.Range;
import dev.podpool.protocol.ReleaseJob;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.ReportPoolFailure;
import dev.podpool.protocol.ReportWorkerEnd;
import dev.podpool.protocol.RetryDead;
import dev.podpool.protocol.Returned;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.protocol.Tick;
import dev.podpool.protocol.WatchJob;
import dev.podpool.protocol.WorkerLoss;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Entries such as clients and workers may bring about: sensible, late, doubled, or wrong. */
final class Workload {

  private static final int WORKERS = 5;
  private static final int CLIENTS = 4;
  private static final int JOBS_AT_ONCE = 12;
  private static final int BLOBS = 5;

  private final SplittableRandom random;
  private final Model model;
  private final List<Batch> sent = new ArrayList<>();
  private long nowMillis = 1;
  private long jobs;
  private long words;
  private long nonces;

  Workload(SplittableRandom random, Model model) {
    this.random = random;
    this.model = model;
  }

  static DefinePool pool() {
    return DefinePool.newBuilder()
        .setPool(QueueScript.POOL)
        .setUid("uid")
        .setMaxAttempts(3)
        .build();
  }

  Entry next() {
    nowMillis += chance(10) ? random.nextInt(200) : random.nextInt(5);
    nowMillis += chance(100) ? Blobs.UNREFERRED_MILLIS : 0;
    Entry.Builder entry = Entry.newBuilder().setTimeMillis(nowMillis - (chance(20) ? 30 : 0));
    List<Model.Session> live = new ArrayList<>(model.sessions.values());
    if (live.size() < 3 || chance(20)) {
      return entry.addBatches(own(Operation.newBuilder().setOpenSession(open()))).build();
    }
    if (chance(40)) {
      var expire = ExpireSession.newBuilder().setSession(pick(live).id);
      return entry.addBatches(own(Operation.newBuilder().setExpireSession(expire))).build();
    }
    if (chance(20)) {
      return entry
          .addBatches(own(Operation.newBuilder().setTick(Tick.getDefaultInstance())))
          .build();
    }
    for (int count = 1 + random.nextInt(3); count > 0 && !live.isEmpty(); count--) {
      Model.Session session = pick(live);
      live.remove(session);
      Batch batch = batch(session);
      sent.add(batch);
      entry.addBatches(batch);
    }
    if (chance(8)) {
      entry.addBatches(pick(sent)); // late, and mostly a duplicate
    }
    return entry.build();
  }

  private Batch own(Operation.Builder operation) {
    return Batch.newBuilder().addOperations(operation).build();
  }

  private OpenSession open() {
    OpenSession.Builder open =
        OpenSession.newBuilder().setNonce(TestPayloads.id("n" + nonces++)).setPrincipal("p");
    long clients = model.sessions.values().stream().filter(each -> each.worker == null).count();
    if (clients < CLIENTS && (clients == 0 || chance(3))) {
      return open.build();
    }
    return open.setPool(QueueScript.POOL)
        .setWorker("w" + random.nextInt(WORKERS))
        .setSlots(1 + random.nextInt(3))
        .build();
  }

  private Batch batch(Model.Session session) {
    Batch.Builder batch =
        Batch.newBuilder()
            .setSession(session.id)
            .setFirstSequence(session.applied + (chance(50) ? 2 : 1)) // now and then, a gap
            .setConfirmed(Math.max(0, session.applied - random.nextInt(3)));
    for (int count = 1 + random.nextInt(3); count > 0; count--) {
      batch.addOperations(session.worker == null ? ofClient() : ofWorker(session.worker));
    }
    return batch.build();
  }

  private Operation ofWorker(Model.Worker worker) {
    Operation.Builder operation = Operation.newBuilder();
    if (chance(100)) {
      return operation.setCloseSession(CloseSession.getDefaultInstance()).build();
    }
    if (chance(100)) {
      return operation.setReportPoolFailure(failure()).build();
    }
    if (chance(6)) {
      return operation.setPutBlob(piece()).build();
    }
    if (worker.window == 0 || worker.given.isEmpty() || chance(6)) {
      int window = random.nextInt(worker.window == 0 ? 1 : 0, 10);
      return operation.setGiveCredit(GiveCredit.newBuilder().setWindow(window)).build();
    }
    ReportItems.Builder report = ReportItems.newBuilder();
    for (int count = 1 + random.nextInt(3); count > 0; count--) {
      report.addOutcomes(outcome(pick(worker.given)));
    }
    if (worker.given.size() > 20) {
      worker.given.subList(0, 10).clear();
    }
    return operation.setReportItems(report).build();
  }

  /** About all or some of a range, whether the worker still holds it or not. */
  private Outcome outcome(Range range) {
    int held = range.getInputs().getCount();
    int skipped = chance(2) ? 0 : random.nextInt(held);
    int count = 1 + random.nextInt(held - skipped);
    Outcome.Builder outcome =
        Outcome.newBuilder()
            .setJobId(range.getJob().getJobId())
            .setLease(range.getLease())
            .setFirst(range.getFirst() + skipped)
            .setCount(count);
    switch (random.nextInt(8)) {
      case 0 -> outcome.setFailed(Failure.newBuilder().setMessage("bad"));
      case 1 -> outcome.setLost(WorkerLoss.newBuilder().setExitCode(-9));
      case 2 -> outcome.setReturned(Returned.getDefaultInstance());
      default -> {
        List<String> results = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          results.add(chance(8) ? TestPayloads.word(blob()) : "r" + words++);
        }
        outcome.setSucceeded(TestPayloads.of(results));
      }
    }
    return outcome.build();
  }

  private Operation ofClient() {
    Operation.Builder operation = Operation.newBuilder();
    if (chance(4)) {
      return operation.setPutBlob(piece()).build();
    }
    if (chance(100)) {
      ByteString nonce = pick(new ArrayList<>(model.sessions.values())).nonce;
      return operation
          .setReportWorkerEnd(
              ReportWorkerEnd.newBuilder()
                  .setNonce(nonce)
                  .setExitCode(-9)
                  .setDisrupted(nonce.byteAt(0) % 2 == 0))
          .build();
    }
    if (model.jobs.size() < JOBS_AT_ONCE && chance(3)) {
      return operation.setSubmitJob(job()).build();
    }
    ByteString id =
        model.jobs.isEmpty() || chance(30)
            ? TestPayloads.id("nobody's")
            : pick(new ArrayList<>(model.jobs.keySet()));
    Model.Job job = model.jobs.get(id);
    int size = job == null ? 0 : job.items.size();
    switch (random.nextInt(24)) {
      case 0 -> operation.setCancelJob(CancelJob.newBuilder().setJobId(id));
      case 1, 2, 3 -> operation.setReleaseJob(ReleaseJob.newBuilder().setJobId(id));
      case 4, 5 -> operation.setEndItems(EndItems.newBuilder().setJobId(id));
      case 6, 7, 8, 9 ->
          operation.setAddItems(
              AddItems.newBuilder()
                  .setJobId(id)
                  .setFirst(size)
                  .setInputs(TestPayloads.of(inputs()))
                  .setComplete(chance(3)));
      case 10, 11 ->
          operation.setWatchJob(WatchJob.newBuilder().setJobId(id).setPosition(random.nextInt(4)));
      case 12, 13 -> operation.setRetryDead(RetryDead.newBuilder().setJobId(id));
      case 14 -> operation.setDropDead(DropDead.newBuilder().setJobId(id));
      case 15, 16 ->
          operation.setJoinPool(
              JoinPool.newBuilder()
                  .setPool(QueueScript.POOL)
                  .setTimeoutMillis(random.nextInt(100)));
      case 17 ->
          operation.setCordonWorker(
              CordonWorker.newBuilder()
                  .setPool(QueueScript.POOL)
                  .setWorker("w" + random.nextInt(WORKERS))
                  .setCordoned(chance(2)));
      case 18 -> {
        if (chance(4)) {
          operation.setReportPoolFailure(failure());
        } else {
          operation.setReportPoolFailure(
              ReportPoolFailure.newBuilder().setPool(QueueScript.POOL)); // it is well again
        }
      }
      case 19 -> {
        if (chance(6)) {
          operation.setDeletePool(DeletePool.newBuilder().setPool(QueueScript.POOL));
        }
      }
      default ->
          operation.setConfirmResults(
              ConfirmResults.newBuilder().setJobId(id).setPosition(random.nextInt(size + 1)));
    }
    return operation.build();
  }

  private ReportPoolFailure.Builder failure() {
    return ReportPoolFailure.newBuilder()
        .setPool(QueueScript.POOL)
        .setFailures(1)
        .setFinal(chance(2))
        .setFailure(Failure.newBuilder().setMessage("no models"));
  }

  private SubmitJob job() {
    return SubmitJob.newBuilder()
        .setJobId(TestPayloads.id("job" + jobs++))
        .setPool(QueueScript.POOL)
        .setInputs(TestPayloads.of(inputs()))
        .setComplete(chance(2))
        .setPriority(random.nextInt(-1, 2))
        .setMaxAttempts(random.nextInt(4))
        .setChunk(random.nextInt(4))
        .setDeadlineMillis(chance(4) ? 1 + random.nextInt(200) : 0)
        .setRetentionMillis(1 + random.nextInt(300))
        .setDiscardConfirmed(chance(4))
        .setWithSession(chance(4))
        .addAllCode(code())
        .build();
  }

  private List<CodeArchive> code() {
    List<CodeArchive> code = new ArrayList<>();
    for (int count = chance(2) ? 0 : random.nextInt(3); count > 0; count--) {
      code.add(CodeArchive.newBuilder().setArchive(usable()).build());
    }
    return code;
  }

  private Blob blob() {
    return TestPayloads.blob("blob" + random.nextInt(BLOBS), random.nextInt(4));
  }

  /** Mostly one that is there. */
  private Blob usable() {
    Blob blob = blob();
    for (int more = 0; more < 20 && !model.isThere(blob); more++) {
      blob = blob();
    }
    return blob;
  }

  /** Mostly the next piece of a blob; now and then one too early, too late or too long. */
  private PutBlob piece() {
    Blob blob = blob();
    int received = model.blobs.getOrDefault(blob, 0);
    int offset = chance(3) ? random.nextInt(4) : received;
    int rest = (int) Math.max(0, blob.getSizeBytes() - offset);
    int bytes = chance(8) ? random.nextInt(4) : Math.min(rest, 1 + random.nextInt(3));
    return PutBlob.newBuilder()
        .setBlob(blob)
        .setOffset(offset)
        .setData(ByteString.copyFrom(new byte[bytes]))
        .build();
  }

  private List<String> inputs() {
    List<String> inputs = new ArrayList<>();
    for (int count = random.nextInt(8); count > 0; count--) {
      inputs.add(chance(16) ? TestPayloads.word(usable()) : "i" + words++);
    }
    return inputs;
  }

  private boolean chance(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
