package dev.podpool.operator.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes on the durable runtime. */
class LocalProcessesTest {

  @TempDir Path directory;

  static void write(String file) throws IOException {
    Files.writeString(
        Path.of(file), ProcessHandle.current().pid() + " " + PodProcess.current().name());
  }

  static void sleep(int seconds) throws InterruptedException {
    Thread.sleep(1000L * seconds);
  }

  @Test
  void processesRunAndEndAsTheirParentSays() throws Exception {
    Path file = directory.resolve("out");
    try (TestRuntime runtime = new TestRuntime(directory.resolve("runtime"))) {
      Long daemonPid;
      try (Podpool podpool = TestRuntime.client(runtime.runtime.directory())) {
        PodProcess writer =
            podpool.process(LocalProcessesTest::write, file.toString()).name("writer");
        PodProcess killed = podpool.process(LocalProcessesTest::sleep, 1000);
        PodProcess daemon = podpool.process(LocalProcessesTest::sleep, 1000).daemon(true);
        writer.start();
        killed.start();
        daemon.start();
        Long pid = writer.pid();
        writer.join();
        assertThat(writer.exitCode()).isZero();
        assertThat(Files.readString(file)).isEqualTo(pid + " writer");
        assertThat(killed.pid()).isNotNull();
        killed.terminate();
        killed.join();
        assertThat(killed.exitCode()).isEqualTo(-15);
        daemonPid = daemon.pid();
        assertThat(podpool.pools()).isEmpty();
      }
      assertThat(daemonPid).isNotNull();
      ProcessHandle.of(daemonPid).ifPresent(handle -> handle.onExit().join());
    }
  }
}
