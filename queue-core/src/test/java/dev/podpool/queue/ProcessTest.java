package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.ProcessStatus;
import dev.podpool.protocol.ReportProcess;
import dev.podpool.protocol.SignalProcess;
import org.junit.jupiter.api.Test;

/** Pools that are processes. */
class ProcessTest {

  private static DefinePool.Builder process(String name, boolean daemon) {
    return DefinePool.newBuilder()
        .setPool("squares")
        .setUid("uid-1")
        .setMaxAttempts(1)
        .setProcess(ProcessSpec.newBuilder().setName(name).setDaemon(daemon));
  }

  private final QueueScript queue = new QueueScript(process("hello", false));

  private static ProcessStatus status(QueueScript queue) {
    return queue.status().getProcess();
  }

  private static String signal(QueueScript queue, int signal) {
    return queue.send(
        "client",
        Operation.newBuilder()
            .setSignalProcess(SignalProcess.newBuilder().setPool("squares").setSignal(signal)));
  }

  @Test
  void itRunsOneJobAndIsForgottenWithIt() {
    queue.submit("job", "a");
    assertThat(queue.submit("another", "b")).isEqualTo("INVALID_ARGUMENT");
    queue.worker("w", 1, 1);
    var report = Operation.newBuilder().setReportProcess(ReportProcess.newBuilder().setPid(42));
    assertThat(queue.send("w", report)).isEqualTo("done");
    assertThat(status(queue).getPid()).isEqualTo(42);
    assertThat(status(queue).getExited()).isFalse();
    queue.succeed("w", "a");
    assertThat(status(queue).getExited()).isTrue();
    assertThat(status(queue).getExitCode()).isZero();
    queue.release("job");
    assertThat(queue.machine.status("squares")).isNull();
    assertThat(queue.party("w").end).contains("POOL_DELETED");
  }

  @Test
  void onlyTheWorkerOfAProcessSaysWhereItRuns() {
    var report = Operation.newBuilder().setReportProcess(ReportProcess.newBuilder().setPid(42));
    assertThat(queue.send("client", report)).isEqualTo("WRONG_SESSION_KIND");
  }

  @Test
  void exitCodesSayHowItEnded() {
    queue.submit("job", "a");
    queue.worker("w", 1, 1);
    queue.fail("w", "a");
    assertThat(status(queue).getExitCode()).isEqualTo(1);
    assertThat(status(queue).getCause()).contains("bad");

    QueueScript killed = new QueueScript(process("killed", false));
    killed.submit("job", "a");
    killed.worker("w", 1, 1);
    killed.lose("w", "a");
    assertThat(status(killed).getExitCode()).isEqualTo(-9);

    QueueScript vanished = new QueueScript(process("vanished", false));
    vanished.submit("job", "a");
    vanished.worker("w", 1, 1);
    vanished.expire("w");
    assertThat(status(vanished).getExitCode()).isEqualTo(-9);
    assertThat(status(vanished).getCause()).isEqualTo("session expired");
  }

  @Test
  void whatRunsIsAskedToEndAndWhatDoesNotNeverWill() {
    queue.submit("job", "a");
    queue.worker("w", 1, 1);
    assertThat(signal(queue, 15)).isEqualTo("done");
    assertThat(queue.told("w")).containsExactly("signal 15");
    assertThat(status(queue).getExited()).isFalse();
    assertThat(signal(queue, 9)).isEqualTo("done");
    assertThat(queue.told("w")).containsExactly("stop a");
    assertThat(status(queue).getExitCode()).isEqualTo(-9);
    assertThat(signal(queue, 9)).as("again").isEqualTo("done");

    QueueScript waiting = new QueueScript(process("waiting", false));
    waiting.submit("job", "a");
    assertThat(signal(waiting, 15)).isEqualTo("done");
    assertThat(status(waiting).getExitCode()).isEqualTo(-15);
    assertThat(waiting.worker("w", 1, 1)).isEmpty();
  }

  @Test
  void signalsAreChecked() {
    queue.submit("job", "a");
    assertThat(signal(queue, 3)).isEqualTo("INVALID_ARGUMENT");
    assertThat(signal(new QueueScript(), 9)).isEqualTo("POOL_UNKNOWN");
  }

  @Test
  void aDaemonEndsWithTheSessionThatStartedIt() {
    QueueScript daemon = new QueueScript(process("daemon", true));
    daemon.submit("job", "a");
    daemon.worker("w", 1, 1);
    daemon.expire("client");
    assertThat(daemon.machine.status("squares")).isNull();
    assertThat(daemon.party("w").end).contains("POOL_DELETED");
  }

  @Test
  void othersOutliveIt() {
    queue.submit("job", "a");
    queue.worker("w", 1, 1);
    queue.expire("client");
    assertThat(status(queue).getExited()).isFalse();
    queue.succeed("w", "a");
    assertThat(status(queue).getExited()).isTrue();
  }

  @Test
  void whatNeverGotItsJobEndsWithTheSession() {
    queue.expire("client");
    assertThat(queue.machine.status("squares")).isNull();
  }

  @Test
  void itsNameIsChecked() {
    queue.client("other");
    assertThat(
            queue.send(
                "other", Operation.newBuilder().setDefinePool(process("", false).setPool("x"))))
        .isEqualTo("INVALID_ARGUMENT");
    assertThat(
            queue.send(
                "other", Operation.newBuilder().setDefinePool(process("a\nb", false).setPool("x"))))
        .isEqualTo("INVALID_ARGUMENT");
  }
}
