package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.CancelJob;
import dev.podpool.protocol.ConfirmResults;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PipeEnd;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.ProcessStatus;
import dev.podpool.protocol.ReleaseJob;
import dev.podpool.protocol.ReportPoolFailure;
import dev.podpool.protocol.SignalProcess;
import dev.podpool.protocol.WatchJob;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What code in a pool's processes may do with processes and jobs, and what not. */
class ProcessRightsTest {

  private static final String DENIED = "PERMISSION_DENIED";

  private static final String WORKER = "aaaaaaaa-worker";
  private static final String CHILD = "aaaaaaaa-child";
  private static final String SIBLING = "aaaaaaaa-later";
  private static final String STRANGER = "bbbbbbbb-child";

  private final QueueScript queue = new QueueScript();

  private static Operation.Builder define(String pool, String parent, boolean daemon) {
    return Operation.newBuilder()
        .setDefinePool(
            DefinePool.newBuilder()
                .setPool(pool)
                .setUid("uid of " + pool)
                .setMaxAttempts(1)
                .setProcess(
                    ProcessSpec.newBuilder()
                        .setName("Process-1")
                        .setParent(parent)
                        .setDaemon(daemon)));
  }

  private String start(String session, String process) {
    return start(session, process, "", false);
  }

  private String start(String session, String process, String parent, boolean daemon) {
    String defined = queue.send(session, define(process, parent, daemon));
    return defined.equals("done")
        ? queue.submit(session, QueueScript.job("of " + process, "a").setPool(process))
        : defined;
  }

  /** All that is said of a process, and of its job, by who has started it. */
  private static List<Operation.Builder> follow(String process) {
    ByteString job = TestPayloads.id("of " + process);
    return List.of(
        Operation.newBuilder().setWatchJob(WatchJob.newBuilder().setJobId(job)),
        Operation.newBuilder().setConfirmResults(ConfirmResults.newBuilder().setJobId(job)),
        Operation.newBuilder()
            .setSignalProcess(SignalProcess.newBuilder().setPool(process).setSignal(15)),
        Operation.newBuilder().setCancelJob(CancelJob.newBuilder().setJobId(job)),
        Operation.newBuilder().setReleaseJob(ReleaseJob.newBuilder().setJobId(job)));
  }

  @BeforeEach
  void open() {
    queue.openWorker("w", 1, WORKER);
    queue.child(CHILD, QueueScript.POOL);
    queue.child(STRANGER, QueueScript.POOL);
  }

  @Test
  void itStartsProcessesAndSeesToThem() {
    assertThat(start(CHILD, "process-1")).isEqualTo("done");
    for (Operation.Builder each : follow("process-1")) {
      assertThat(queue.send(CHILD, each)).as("%s", each).isEqualTo("done");
    }
    assertThat(queue.machine.status("process-1")).isNull();
  }

  @Test
  void whenItsSessionHasExpiredItGoesOnInAnother() {
    assertThat(start(CHILD, "process-1")).isEqualTo("done");
    queue.expire(CHILD);
    queue.machine = QueueMachine.restore(queue.machine.snapshot());
    queue.child(SIBLING, QueueScript.POOL);
    for (Operation.Builder each : follow("process-1")) {
      assertThat(queue.send(SIBLING, each)).as("%s", each).isEqualTo("done");
    }
  }

  @Test
  void itSeesToNoProcessOfAnother() {
    assertThat(start("client", "process-1")).isEqualTo("done");
    assertThat(start(STRANGER, "process-2")).isEqualTo("done");
    for (String process : List.of("process-1", "process-2")) {
      for (Operation.Builder each : follow(process)) {
        assertThat(queue.send(CHILD, each)).as("%s", each).isEqualTo(DENIED);
        assertThat(queue.send("w", each)).as("by the worker: %s", each).isEqualTo(DENIED);
      }
      assertThat(queue.machine.status(process).getReady()).isEqualTo(1);
    }
    assertThat(queue.send(STRANGER, define("process-3", "", false))).isEqualTo("done");
    assertThat(queue.submit(CHILD, QueueScript.job("mine", "a").setPool("process-3")))
        .isEqualTo(DENIED);
  }

  @Test
  void itSeesToNoJob() {
    assertThat(queue.submit("of " + QueueScript.POOL, "a")).isEqualTo("done");
    for (Operation.Builder each : follow(QueueScript.POOL)) {
      assertThat(queue.send(CHILD, each)).as("%s", each).isEqualTo(DENIED);
    }
    assertThat(queue.submit(CHILD, QueueScript.job("mine", "b"))).isEqualTo(DENIED);
    assertThat(queue.submit("w", QueueScript.job("its", "b"))).isEqualTo(DENIED);
    assertThat(queue.status().getReady()).isEqualTo(1);
    assertThat(queue.status().getJobs()).isEqualTo(1);
  }

  @Test
  void itDefinesNoPoolAndChangesNone() {
    var pool = DefinePool.newBuilder().setPool("mine").setUid("u").setMaxAttempts(1);
    assertThat(queue.send(CHILD, Operation.newBuilder().setDefinePool(pool))).isEqualTo(DENIED);
    assertThat(queue.machine.status("mine")).isNull();

    // The pool's own uid, which is no secret; by whoever may start processes only.
    var asProcess = define(QueueScript.POOL, "", false);
    asProcess.getDefinePoolBuilder().setUid("uid-1");
    assertThat(queue.send(CHILD, asProcess)).isEqualTo("POOL_EXISTS");
    assertThat(queue.send("client", asProcess)).isEqualTo("POOL_EXISTS");
    assertThat(queue.status().hasProcess()).isFalse();
  }

  @Test
  void itChangesNoProcessOfAnother() {
    assertThat(start("client", "process-1")).isEqualTo("done");
    assertThat(start(STRANGER, "process-2")).isEqualTo("done");
    for (String process : List.of("process-1", "process-2")) {
      assertThat(queue.send(CHILD, define(process, "", false))).isEqualTo(DENIED);
      assertThat(queue.send("w", define(process, "", false))).isEqualTo(DENIED);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"client", CHILD})
  void aProcessStaysAsItWasStarted(String starter) {
    openPipe();
    var asked = define("process-1", "", false);
    asked.getDefinePoolBuilder().getProcessBuilder().addEnds(end());
    ProcessSpec spec = asked.getDefinePool().getProcess();
    assertThat(queue.send(starter, asked)).isEqualTo("done");
    assertThat(queue.submit(starter, QueueScript.job("its", "a").setPool("process-1")))
        .isEqualTo("done");

    assertThat(queue.send(starter, asked)).as("again").isEqualTo("done");
    for (Operation.Builder changed :
        List.of(define("process-1", "", true), define("process-1", "", false))) {
      assertThat(queue.send(starter, changed)).isEqualTo("POOL_EXISTS");
    }
    assertThat(queue.machine.status("process-1").getProcess().getSpec()).isEqualTo(spec);
    queue.machine = QueueMachine.restore(queue.machine.snapshot());
    assertThat(queue.machine.status("process-1").getProcess().getSpec()).isEqualTo(spec);
    queue.release("its");
    assertThat(queue.send("client", Messages.message(2, "hello"))).isEqualTo("PIPE_BROKEN");
  }

  // ---- ends of pipes

  private static PipeEnd.Builder end() {
    return PipeEnd.newBuilder().setPipe(Messages.PIPE).setEnd(1);
  }

  private void openPipe() {
    queue.send("client", Messages.openPipe(true));
    assertThat(queue.send("client", Messages.hold(2))).isEqualTo("done");
  }

  private String takeOver(String session, String process) {
    var hold = Messages.hold(1);
    hold.getHoldEndBuilder().setProcess(process);
    return queue.send(session, hold);
  }

  @Test
  void onlyAProcessItselfTakesOverItsEnds() {
    openPipe();
    var define = define("process-1", "", false);
    define.getDefinePoolBuilder().getProcessBuilder().addEnds(end());
    assertThat(queue.send("client", define)).isEqualTo("done");
    for (String other : List.of("client", CHILD, "w")) {
      assertThat(takeOver(other, "process-1")).as(other).isEqualTo(DENIED);
      assertThat(queue.send(other, Messages.hold(1))).as(other).isEqualTo("done");
      assertThat(queue.send(other, Messages.closeEnd(1))).as(other).isEqualTo("done");
      assertThat(queue.send("client", Messages.message(2, "hello " + other)))
          .as("the process holds the end still")
          .isEqualTo("ITEMS_PUT");
    }
    queue.child("cccccccc-child", "process-1");
    assertThat(takeOver("cccccccc-child", "process-1")).isEqualTo("done");
    assertThat(queue.send("cccccccc-child", Messages.closeEnd(1))).isEqualTo("done");
    assertThat(queue.send("client", Messages.message(2, "bye"))).isEqualTo("PIPE_BROKEN");
  }

  // ---- failures

  @Test
  void aWorkerSaysOfNoOtherPoolThatItFails() {
    assertThat(start("client", "process-1")).isEqualTo("done");
    for (String session : List.of("w", CHILD)) {
      assertThat(queue.send(session, failure("process-1"))).as(session).isEqualTo(DENIED);
    }
    assertThat(queue.machine.status("process-1").getReady()).isEqualTo(1);
    assertThat(queue.send("w", failure(QueueScript.POOL))).isEqualTo("done");
    assertThat(queue.send("client", failure("process-1"))).as("the operator").isEqualTo("done");
    assertThat(queue.machine.status("process-1").getReady()).isZero();
  }

  private static Operation.Builder failure(String pool) {
    return Operation.newBuilder()
        .setReportPoolFailure(
            ReportPoolFailure.newBuilder().setPool(pool).setFailures(1).setFinal(true));
  }

  @Test
  void itsParentIsTheProcessThatItRunsIn() {
    assertThat(start(CHILD, "process-1", "process-0", true)).isEqualTo(DENIED);
    assertThat(start(CHILD, "process-1")).isEqualTo("done");
    queue.child("cccccccc-child", "process-1");
    assertThat(start("cccccccc-child", "process-2", "", false)).isEqualTo(DENIED);
    assertThat(start("cccccccc-child", "process-2", QueueScript.POOL, false)).isEqualTo(DENIED);
    assertThat(start("cccccccc-child", "process-2", "process-1", true)).isEqualTo("done");
  }

  @Test
  void itIsKnownWhichWorkerItWasStartedIn() {
    start(CHILD, "process-1");
    start(STRANGER, "process-2"); // of a worker that is not there
    start("client", "process-3");
    queue.expire("w");
    queue.openWorker("w", 1, "dddddddd-worker"); // another of that name
    queue.machine = QueueMachine.restore(queue.machine.snapshot());
    ProcessStatus its = queue.machine.status("process-1").getProcess();
    assertThat(its.getParentWorker()).isEqualTo("w");
    assertThat(its.getParentWorkerNonce()).isEqualTo(TestPayloads.id(WORKER));
    for (String other : List.of("process-2", "process-3")) {
      assertThat(queue.machine.status(other).getProcess().getParentWorker()).isEmpty();
    }
  }

  @Test
  void aDaemonStartsNone() {
    assertThat(start(CHILD, "process-1", "", true)).isEqualTo("done");
    queue.child("cccccccc-child", "process-1");
    assertThat(start("cccccccc-child", "process-2", "process-1", false)).isEqualTo(DENIED);
    QueueScript.Party party = queue.party("cccccccc-child");
    assertThat(party.replies.get(party.sequence).getRefusal().getMessage())
        .contains("daemonic processes are not allowed to have children");
  }

  @Test
  void whatIsNotThereIsSaidToBeNotThere() {
    List<String> answers = follow("nowhere").stream().map(op -> queue.send(CHILD, op)).toList();
    assertThat(answers)
        .containsExactly("JOB_UNKNOWN", "JOB_UNKNOWN", "POOL_UNKNOWN", "JOB_UNKNOWN", "done");
  }
}
