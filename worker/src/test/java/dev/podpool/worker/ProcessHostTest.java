package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.ReportPoolFailure;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Without a queue: what it sends is looked at. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProcessHostTest {

  /** More than the system lets a program begin with. */
  private static final String TOO_MUCH = "x".repeat(1 << 20);

  private final BlockingQueue<Operation> sent = new LinkedBlockingQueue<>();
  private List<String> arguments = List.of();
  private final ProcessHost host =
      new ProcessHost(this::open, its -> its.withJvmArguments(arguments));

  private QueueSession open(OpenSession open, SessionHandler handler) {
    return sent::add;
  }

  @AfterEach
  void close() {
    host.close();
  }

  @Test
  void aProcessThatCannotBeStartedIsGivenUpWithTheReason() throws Exception {
    arguments = List.of(TOO_MUCH);
    host.start("process-1", ProcessSpec.getDefaultInstance());

    ReportPoolFailure failure = nextFailure();
    while (!failure.getFinal()) {
      failure = nextFailure();
    }
    assertThat(failure.getPool()).isEqualTo("process-1");
    assertThat(failure.getFailure().getMessage())
        .contains("failed to start", "Argument list too long");
    assertThat(sent.poll(30, TimeUnit.SECONDS)).matches(Operation::hasCloseSession);
  }

  private ReportPoolFailure nextFailure() throws InterruptedException {
    while (true) {
      Operation next = sent.poll(30, TimeUnit.SECONDS);
      assertThat(next).as("what was sent").isNotNull();
      if (next.hasReportPoolFailure()) {
        return next.getReportPoolFailure();
      }
    }
  }

  @Test
  void itClosesWhileProcessesStart() {
    for (int i = 0; i < 20; i++) {
      host.start("process-" + i, ProcessSpec.getDefaultInstance());
    }
    // With the next, which is not waited for.
  }
}
