package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodProcessTest {

  @TempDir Path directory;

  private final Podpool podpool = Podpool.local();

  @AfterEach
  void close() {
    podpool.close();
  }

  static void writePid(String file) throws IOException {
    Files.writeString(
        Path.of(file), ProcessHandle.current().pid() + " " + PodProcess.current().name());
  }

  static void fail(int number) {
    throw new IllegalArgumentException("no " + number);
  }

  static void exit(int code) {
    System.exit(code);
  }

  static void sleep(int seconds) throws InterruptedException {
    Thread.sleep(1000L * seconds);
  }

  @Test
  void itRunsInAProcessOfItsOwn() throws Exception {
    Path file = directory.resolve("pid");
    PodProcess process = podpool.process(PodProcessTest::writePid, file.toString()).name("writer");
    assertThat(process.isAlive()).isFalse();
    process.start();
    Long pid = process.pid();
    process.join();
    assertThat(Files.readString(file)).isEqualTo(pid + " writer");
    assertThat(pid).isNotEqualTo(ProcessHandle.current().pid());
    assertThat(process.exitCode()).isZero();
    assertThat(process.isAlive()).isFalse();
    process.close();
    assertThatThrownBy(process::isAlive).isInstanceOf(IllegalStateException.class);
    assertThat(podpool.pools()).isEmpty();
  }

  @Test
  void exitCodesAreThoseOfPython() throws Exception {
    PodProcess thrown = podpool.process(PodProcessTest::fail, 7);
    PodProcess exited = podpool.process(PodProcessTest::exit, 3);
    PodProcess orderly = podpool.process(PodProcessTest::exit, 0);
    PodProcess terminated = podpool.process(PodProcessTest::sleep, 100);
    PodProcess killed = podpool.process(PodProcessTest::sleep, 100);
    thrown.start();
    exited.start();
    orderly.start();
    terminated.start();
    killed.start();
    assertThat(terminated.exitCode()).isNull();
    assertThat(terminated.pid()).isNotNull();
    assertThat(killed.pid()).isNotNull();
    terminated.terminate();
    killed.kill();
    thrown.join();
    exited.join();
    orderly.join();
    terminated.join();
    killed.join();
    assertThat(thrown.exitCode()).isEqualTo(1);
    assertThat(thrown.exitReason()).contains("IllegalArgumentException: no 7");
    assertThat(exited.exitCode()).isEqualTo(3);
    assertThat(orderly.exitCode()).isZero();
    assertThat(terminated.exitCode()).isEqualTo(-15);
    assertThat(killed.exitCode()).isEqualTo(-9);
  }

  @Test
  void oneThatIsEndedBeforeItRunsNeverDoes() throws Exception {
    Path file = directory.resolve("pid");
    PodProcess process = podpool.process(PodProcessTest::writePid, file.toString());
    process.start();
    process.kill();
    assertThat(process.join(Duration.ofSeconds(30))).isTrue();
    assertThat(process.exitCode()).isEqualTo(-9);
  }

  @Test
  void wrongUseIsTold() {
    PodProcess process = podpool.process(PodProcessTest::sleep, 100);
    assertThatThrownBy(process::join).isInstanceOf(IllegalStateException.class);
    process.start();
    assertThatThrownBy(process::start).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(process::close).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> process.daemon(true)).isInstanceOf(IllegalStateException.class);
    assertThat(podpool.activeChildren()).containsExactly(process);
    process.kill();
  }

  @Test
  void daemonsEndWithTheConnection() throws Exception {
    Podpool other = Podpool.local();
    PodProcess daemon = other.process(PodProcessTest::sleep, 1000).daemon(true);
    daemon.start();
    Long pid = daemon.pid();
    assertThat(pid).isNotNull();
    other.close();
    ProcessHandle.of(pid).ifPresent(handle -> handle.onExit().join());
  }

  @Test
  void othersAreWaitedFor() throws Exception {
    Path file = directory.resolve("pid");
    Podpool other = Podpool.local();
    other.process(PodProcessTest::writePid, file.toString()).start();
    other.close();
    assertThat(file).exists();
  }

  static final class Greeter extends PodProcess {
    private static final long serialVersionUID = 1;
    private final String file;
    private final List<Integer> numbers;
    private final transient Thread notTravelling = Thread.currentThread();

    Greeter(Podpool podpool, String file, List<Integer> numbers) {
      super(podpool);
      this.file = file;
      this.numbers = numbers;
    }

    @Override
    public void run() throws IOException {
      Files.writeString(
          Path.of(file),
          name() + " " + numbers + " " + notTravelling + " " + ProcessHandle.current().pid());
    }
  }

  @Test
  void aSubclassRunsWithItsFields() throws Exception {
    Path file = directory.resolve("out");
    Greeter greeter = new Greeter(podpool, file.toString(), List.of(1, 2));
    greeter.name("greeter").start();
    greeter.join();
    assertThat(greeter.exitCode()).isZero();
    assertThat(Files.readString(file)).isEqualTo("greeter [1, 2] null " + greeter.pid());
    greeter.run();
    assertThat(Files.readString(file)).contains("Thread[").endsWith(" " + ownPid());
  }

  private static long ownPid() {
    return ProcessHandle.current().pid();
  }

  static void writeParent(String file) throws IOException {
    Files.writeString(Path.of(file), PodProcess.parent() + " " + PodProcess.current().isDaemon());
  }

  @Test
  void itKnowsItsParent() throws Exception {
    Path file = directory.resolve("out");
    PodProcess process = podpool.process(PodProcessTest::writeParent, file.toString());
    process.daemon(true).start();
    process.join();
    assertThat(Files.readString(file))
        .isEqualTo(new ProcessInfo("MainProcess", ownPid(), false) + " true");
    assertThat(PodProcess.parent()).isNull();
    assertThat(PodProcess.cpuCount()).isPositive();
  }

  @Test
  void runCalledDirectlyRunsHere() throws Exception {
    Path file = directory.resolve("pid");
    podpool.process(PodProcessTest::writePid, file.toString()).run();
    assertThat(Files.readString(file)).startsWith(ProcessHandle.current().pid() + " ");
  }
}
