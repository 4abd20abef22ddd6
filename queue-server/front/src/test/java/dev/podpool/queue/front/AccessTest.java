package dev.podpool.queue.front;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.AcquireLock;
import dev.podpool.protocol.AddItems;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.CancelJob;
import dev.podpool.protocol.CordonWorker;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DeletePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.DropDead;
import dev.podpool.protocol.EndItems;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.JobsQuery;
import dev.podpool.protocol.JoinPool;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectsQuery;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.PutBlob;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReleaseJob;
import dev.podpool.protocol.ReportWorkerEnd;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.RetryDead;
import dev.podpool.protocol.SignalProcess;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.protocol.WatchJob;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.SessionHandler;
import io.grpc.Status;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class AccessTest {

  private final QueueLoop queue = QueueLoop.inMemory();
  private final Access access = new Access(queue);

  @AfterEach
  void stop() {
    queue.close();
  }

  /** Somebody with these rights; with none at all, nobody can tell what they may. */
  private record Somebody(Caller.Pod pod, Set<Right> rights) implements Caller {
    @Override
    public String principal() {
      return "somebody";
    }

    @Override
    public boolean isOwner() {
      return false;
    }

    @Override
    public Instant expiry() {
      return null;
    }

    @Override
    public CompletableFuture<Verdict> may(Right right) {
      return CompletableFuture.completedFuture(
          rights.isEmpty()
              ? Verdict.unknown("asleep")
              : rights.contains(right) ? Verdict.YES : Verdict.no("may not " + right.verb()));
    }

    @Override
    public CompletableFuture<Verdict> isKnown() {
      return CompletableFuture.completedFuture(Verdict.YES);
    }
  }

  private Access.Checked check(Request request, Caller caller) {
    return access.check(request, new Gate.Admitted(caller, Right.WORK, Runnable::run)).join();
  }

  private static Request of(Operation.Builder... operations) {
    Batch.Builder batch = Batch.newBuilder().setSession(1).setFirstSequence(1);
    for (Operation.Builder each : operations) {
      batch.addOperations(each);
    }
    return Request.newBuilder().setEpoch(1).setBatch(batch).build();
  }

  private static Operation.Builder define() {
    return Operation.newBuilder()
        .setDefinePool(DefinePool.newBuilder().setPool("p").setUid("u").setMaxAttempts(1));
  }

  private static Operation.Builder put() {
    return Operation.newBuilder().setPutBlob(PutBlob.getDefaultInstance());
  }

  @Test
  void aWorkersSessionIsTakenUpByItsPodAndByNoOtherOfItsAccount() {
    String uid = UUID.randomUUID().toString();
    ByteString nonce = RandomId.of(UUID.fromString(uid));
    Set<Right> work = Set.of(Right.WORK);
    Caller itself = new Somebody(new Caller.Pod("p-0", uid), work);
    OpenSession opened =
        OpenSession.newBuilder()
            .setPrincipal(itself.principal())
            .setNonce(nonce)
            .setPool("p")
            .setWorker("p-0")
            .build();

    assertThat(Access.mayResume(itself, opened)).isTrue();
    for (Caller.Pod other :
        new Caller.Pod[] {
          new Caller.Pod("p-0", UUID.randomUUID().toString()), new Caller.Pod("p-1", uid), null
        }) {
      assertThat(Access.mayResume(new Somebody(other, work), opened)).as("pod %s", other).isFalse();
    }
    OpenSession ofClient = OpenSession.newBuilder().setPrincipal(itself.principal()).build();
    assertThat(Access.mayResume(new Somebody(null, work), ofClient)).isTrue();
    assertThat(Access.mayResume(itself, opened.toBuilder().setPrincipal("another").build()))
        .isFalse();
  }

  private static Request opening(OpenSession.Builder open) {
    return Request.newBuilder().setEpoch(1).setResume(true).setOpen(open).build();
  }

  @Test
  void aWorkerMaySpeakForItsChildrenButForNoOtherPods() {
    String uid = UUID.randomUUID().toString();
    ByteString nonce =
        RandomId.of(UUID.fromString(uid)).substring(0, 8).concat(RandomId.next().substring(8));
    Set<Right> work = Set.of(Right.WORK);
    Caller itself = new Somebody(new Caller.Pod("p-0", uid), work);
    OpenSession.Builder open = OpenSession.newBuilder().setNonce(nonce).setPool("p");
    assertThat(check(opening(open), itself).end().isOk()).isTrue();
    OpenSession opened = open.setPrincipal(itself.principal()).build();
    assertThat(Access.mayResume(itself, opened)).isTrue();

    for (Caller.Pod other :
        new Caller.Pod[] {new Caller.Pod("p-0", UUID.randomUUID().toString()), null}) {
      Caller another = new Somebody(other, work);
      assertThat(check(opening(open), another).end().getCode())
          .isEqualTo(Status.Code.PERMISSION_DENIED);
      assertThat(Access.mayResume(another, opened)).as("pod %s", other).isFalse();
    }
    assertThat(check(opening(open), new Somebody(itself.pod(), Set.of(Right.SUBMIT))).end().isOk())
        .isFalse();
    assertThat(
            check(opening(OpenSession.newBuilder().setNonce(RandomId.next())), itself)
                .end()
                .getCode())
        .as("a client's session")
        .isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  private static OpenSession.Builder opened(String pool, String worker, String uid) {
    ByteString nonce = RandomId.of(UUID.fromString(uid));
    return OpenSession.newBuilder()
        .setNonce(
            worker.isEmpty()
                ? nonce.substring(0, 8).concat(RandomId.next().substring(8)) // of a child
                : nonce)
        .setPrincipal("somebody")
        .setPool(pool)
        .setWorker(worker);
  }

  @Test
  void aPodSpeaksForItsOwnPoolAndForNoOther() {
    for (String[] each :
        new String[][] { // the pod, its pool, and pools that are not
          {"p-0", "p", "p-0", "", "q", "p-", "process-1"},
          {"p-12", "p", "p-1", "p-12"},
          {"a-b-3", "a-b", "a", "b", "a-b-3"},
          {"process-1234567890123456", "process-1234567890123456", "process", "process-2", "p"},
          {"process-a-0", "process-a", "process"}
        }) {
      String pod = each[0];
      String uid = UUID.randomUUID().toString();
      Caller caller = new Somebody(new Caller.Pod(pod, uid), Set.of(Right.WORK));
      for (int i = 1; i < each.length; i++) {
        for (String worker : new String[] {pod, ""}) {
          if (each[i].isEmpty() && worker.isEmpty()) {
            continue; // a client's session
          }
          OpenSession.Builder open = opened(each[i], worker, uid);
          Status end = check(opening(open), caller).end();
          boolean isOwn = i == 1;
          assertThat(end.isOk()).as("pod %s in %s", pod, open).isEqualTo(isOwn);
          assertThat(Access.mayResume(caller, open.build())).isEqualTo(isOwn);
          if (!isOwn) {
            assertThat(end.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
            assertThat(end.getDescription()).contains("pod " + pod, "pool '" + each[i] + "'");
          }
        }
      }
    }
  }

  @Test
  void whoMaySubmitStartsProcessesAndEndsAny() {
    long session =
        opened(OpenSession.newBuilder().setNonce(RandomId.next()).setPrincipal("somebody"));
    Operation.Builder signal =
        Operation.newBuilder().setSignalProcess(SignalProcess.newBuilder().setPool("process-9"));
    for (Right right : Right.values()) {
      boolean mayEnd = Set.of(Right.SUBMIT, Right.CANCEL, Right.MANAGE).contains(right);
      Caller caller = new Somebody(null, Set.of(right));
      assertThat(refused(in(session, signal), caller)).as("%s", right).isEqualTo(mayEnd ? 0 : 1);
      assertThat(refused(in(session, startProcess()), caller))
          .as("%s", right)
          .isEqualTo(right == Right.SUBMIT ? 0 : 1);
    }
  }

  @Test
  void aWorkerUsesWhatIsSharedAndHandsInNothing() {
    Caller worker = new Somebody(null, Set.of(Right.WORK));
    Operation.Builder acquire =
        Operation.newBuilder().setAcquireLock(AcquireLock.getDefaultInstance());
    Operation.Builder submit = Operation.newBuilder().setSubmitJob(SubmitJob.getDefaultInstance());
    Operation.Builder release =
        Operation.newBuilder().setReleaseJob(ReleaseJob.getDefaultInstance());
    Batch checked = check(of(acquire, submit, release), worker).request().getBatch();
    assertThat(checked.getOperations(0)).isEqualTo(acquire.build());
    assertThat(checked.getOperations(1).hasRefused()).isTrue();
    assertThat(checked.getOperations(2).hasRefused()).isTrue();
  }

  // ---- processes

  private static final UUID POD = UUID.randomUUID();
  private static final Caller WORKER =
      new Somebody(new Caller.Pod("p-0", POD.toString()), Set.of(Right.WORK));

  /** Number of a session that was opened so. */
  private long opened(OpenSession.Builder open) {
    var unused = open(open);
    return queue.read(machine -> machine.sessions().get(0)).join();
  }

  private QueueSession open(OpenSession.Builder open) {
    return queue.open(
        open.build(),
        new SessionHandler() {
          @Override
          public void onDelivery(Delivery delivery) {}

          @Override
          public void onEnd(Refusal reason) {}
        });
  }

  private static OpenSession.Builder ofChild() {
    ByteString half = RandomId.of(POD).substring(0, 8);
    return OpenSession.newBuilder()
        .setNonce(half.concat(RandomId.next().substring(8)))
        .setPrincipal("somebody")
        .setPool("p");
  }

  private static Operation.Builder startProcess() {
    return Operation.newBuilder()
        .setDefinePool(
            DefinePool.newBuilder()
                .setPool("process-1")
                .setUid("u")
                .setMaxAttempts(1)
                .setProcess(ProcessSpec.newBuilder().setName("Process-1")));
  }

  private static Operation.Builder[] ofProcess() {
    return new Operation.Builder[] {
      startProcess(),
      Operation.newBuilder().setSubmitJob(SubmitJob.newBuilder().setPool("process-1")),
      Operation.newBuilder().setWatchJob(WatchJob.newBuilder().setJobId(RandomId.next())),
      Operation.newBuilder().setCancelJob(CancelJob.newBuilder().setJobId(RandomId.next())),
      Operation.newBuilder().setReleaseJob(ReleaseJob.newBuilder().setJobId(RandomId.next())),
      Operation.newBuilder().setSignalProcess(SignalProcess.newBuilder().setPool("process-1")),
    };
  }

  private static Request in(long session, Operation.Builder... operations) {
    Request.Builder request = of(operations).toBuilder();
    request.getBatchBuilder().setSession(session);
    return request.build();
  }

  private long refused(Request request, Caller caller) {
    return check(request, caller).request().getBatch().getOperationsList().stream()
        .filter(Operation::hasRefused)
        .count();
  }

  @Test
  void inASessionOfItsPoolAWorkerStartsProcessesWhichTheQueueLooksAtFurther() {
    long session = opened(ofChild());
    assertThat(refused(in(session, ofProcess()), WORKER)).isZero();
    assertThat(refused(in(session, ofProcess()), new Somebody(WORKER.pod(), Set.of(Right.READ))))
        .as("without the right to work")
        .isEqualTo(5); // it may watch
  }

  @Test
  void inASessionOfNoPoolAWorkerStartsNoProcess() {
    long session =
        opened(OpenSession.newBuilder().setNonce(RandomId.next()).setPrincipal("somebody"));
    assertThat(refused(in(session, ofProcess()), WORKER)).isEqualTo(ofProcess().length);
    assertThat(refused(in(99, ofProcess()), WORKER)).isEqualTo(ofProcess().length);
  }

  @Test
  void whatElseAWorkerMayNotItMayNotInASessionOfItsPool() {
    long session = opened(ofChild());
    Operation.Builder[] others = {
      define(),
      Operation.newBuilder().setDeletePool(DeletePool.getDefaultInstance()),
      Operation.newBuilder().setCordonWorker(CordonWorker.getDefaultInstance()),
      Operation.newBuilder().setReportWorkerEnd(ReportWorkerEnd.getDefaultInstance()),
      Operation.newBuilder().setAddItems(AddItems.getDefaultInstance()),
      Operation.newBuilder().setEndItems(EndItems.getDefaultInstance()),
      Operation.newBuilder().setJoinPool(JoinPool.getDefaultInstance()),
      Operation.newBuilder().setRetryDead(RetryDead.getDefaultInstance()),
      Operation.newBuilder().setDropDead(DropDead.getDefaultInstance()),
    };
    assertThat(refused(in(session, others), WORKER)).isEqualTo(others.length);
  }

  private boolean mayAsk(Right right, Caller caller, ReadRequest.Builder question) {
    return queue.read(machine -> Access.mayAsk(right, caller, question.build(), machine)).join();
  }

  private static ReadRequest.Builder pools(String pool) {
    return ReadRequest.newBuilder().setPools(PoolsQuery.newBuilder().setPool(pool));
  }

  @Test
  void aWorkerAsksAboutWhatIsSharedAndNothingElse() {
    var object = ReadRequest.newBuilder().setObject(ObjectQuery.getDefaultInstance());
    var objects = ReadRequest.newBuilder().setObjects(ObjectsQuery.getDefaultInstance());
    var jobs = ReadRequest.newBuilder().setJobs(JobsQuery.getDefaultInstance());
    assertThat(mayAsk(Right.WORK, WORKER, object)).isTrue();
    assertThat(mayAsk(Right.WORK, WORKER, objects)).isTrue();
    assertThat(mayAsk(Right.WORK, WORKER, jobs)).isFalse();
    assertThat(mayAsk(Right.WORK, WORKER, ReadRequest.newBuilder())).isFalse();
    assertThat(mayAsk(Right.READ, WORKER, jobs)).isTrue();
  }

  @Test
  void aWorkerAsksHowItsOwnProcessesAre() {
    open(ofChild()).send(startProcess().build());
    assertThat(mayAsk(Right.WORK, WORKER, pools("process-1"))).isTrue();
    assertThat(mayAsk(Right.WORK, WORKER, pools("process-2"))).as("forgotten").isTrue();
    assertThat(mayAsk(Right.WORK, WORKER, pools(""))).as("all").isFalse();

    Caller.Pod another = new Caller.Pod("v", UUID.randomUUID().toString());
    for (Caller.Pod pod : new Caller.Pod[] {another, new Caller.Pod("v", "no uid"), null}) {
      Caller other = new Somebody(pod, Set.of(Right.WORK));
      assertThat(mayAsk(Right.WORK, other, pools("process-1"))).as("pod %s", pod).isFalse();
    }
  }

  @Test
  void onlyTheOperationThatIsNotAllowedIsRefusedAndTheOthersComeIn() {
    Access.Checked checked =
        check(of(put(), define(), put()), new Somebody(null, Set.of(Right.WORK)));
    assertThat(checked.end().isOk()).isTrue();
    assertThat(checked.request().getBatch().getOperations(0)).isEqualTo(put().build());
    Refusal refusal = checked.request().getBatch().getOperations(1).getRefused().getRefusal();
    assertThat(refusal.getCode()).isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(refusal.getMessage()).isEqualTo("may not manage");
    assertThat(checked.request().getBatch().getOperations(2)).isEqualTo(put().build());
  }

  @Test
  void whatCantBeToldNowEndsTheCallSoThatItIsSentAgain() {
    assertThat(check(of(define()), new Somebody(null, Set.of())).end().getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
  }
}
