package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
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

  static void sendToItself() throws Exception {
    try (Podpool own = Podpool.local()) {
      Pipe<String> pipe = own.pipe(String.class);
      pipe.first().send("hello");
      if (!pipe.second().recv().equals("hello")) {
        System.exit(3);
      }
    }
  }

  @Test
  void itMayHaveAQueueOfItsOwnToo() throws Exception {
    PodProcess process = podpool.process(PodProcessTest::sendToItself);
    process.start();
    process.join();
    assertThat(process.exitCode()).as(process.exitReason()).isZero();
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

  static void parent(String file, SharedLock lock) {
    lock.lock();
    Podpool podpool = Podpool.connect();
    podpool.process(PodProcessTest::child, file, lock).start();
    lock.unlock();
  }

  static void child(String file, SharedLock lock) throws IOException {
    lock.lock();
    Files.writeString(
        Path.of(file), PodProcess.current().name() + " of " + PodProcess.parent().name());
    lock.unlock();
  }

  @Test
  void processesStartProcessesAndWaitForThem() throws Exception {
    Path file = directory.resolve("out");
    PodProcess process =
        podpool.process(PodProcessTest::parent, file.toString(), podpool.lock()).name("parent");
    process.start();
    process.join();
    assertThat(process.exitReason()).isEmpty();
    assertThat(Files.readString(file)).isEqualTo("parent:1 of parent");
  }

  static void startAnother(String file) {
    Podpool.connect().process(PodProcessTest::writePid, file).start();
  }

  @Test
  void aDaemonMayNotHaveChildren() throws Exception {
    Path file = directory.resolve("out");
    PodProcess daemon = podpool.process(PodProcessTest::startAnother, file.toString()).daemon(true);
    daemon.start();
    daemon.join();
    assertThat(daemon.exitCode()).isEqualTo(1);
    assertThat(daemon.exitReason()).contains("daemonic processes are not allowed to have children");
    assertThat(file).doesNotExist();
  }

  static void say(Connection<String> connection) throws Exception {
    for (int i = 0; i < 20; i++) {
      connection.send("hi " + i);
    }
    connection.close();
  }

  @Test
  void anEndOfAPipeIsHandedToAProcess() throws Exception {
    Pipe<String> pipe = podpool.pipe(String.class, false);
    PodProcess process = podpool.process(PodProcessTest::say, pipe.second());
    process.start();
    pipe.second().close();
    for (int i = 0; i < 20; i++) {
      assertThat(pipe.first().recv()).isEqualTo("hi " + i);
    }
    assertThatThrownBy(() -> pipe.first().recv()).isInstanceOf(EOFException.class);
    process.join();
    assertThat(process.exitReason()).isEmpty();
  }

  @Test
  void theEndOfOneThatDiesIsClosed() throws Exception {
    Pipe<String> pipe = podpool.pipe(String.class, false);
    PodProcess process = podpool.process(PodProcessTest::hold, pipe.second());
    process.start();
    pipe.second().close();
    assertThat(pipe.first().recv()).isEqualTo("here");
    process.kill();
    assertThatThrownBy(() -> pipe.first().recv()).isInstanceOf(EOFException.class);
  }

  static void hold(Connection<String> connection) throws Exception {
    connection.send("here");
    Thread.sleep(1_000_000);
  }

  static void useAll(
      SharedQueue<Integer> queue,
      SharedMap<String, Integer> map,
      SharedCondition condition,
      SharedReentrantLock lock)
      throws Exception {
    lock.lock();
    map.put("taken", queue.get());
    condition.lock().lock(); // the same handle: nests
    condition.signalAll();
    condition.lock().unlock();
    lock.unlock();
  }

  @Test
  void objectsOfAllKindsAreArguments() throws Exception {
    SharedQueue<Integer> queue = podpool.queue(Integer.class);
    SharedMap<String, Integer> map = podpool.sharedMap(String.class, Integer.class);
    SharedReentrantLock lock = podpool.reentrantLock();
    SharedCondition condition = podpool.condition("news", lock);
    lock.lock();
    queue.put(7);
    PodProcess process = podpool.process(PodProcessTest::useAll, queue, map, condition, lock);
    process.start();
    condition.await();
    assertThat(map.get("taken")).isEqualTo(7);
    lock.unlock();
    process.join();
    assertThat(process.exitReason()).isEmpty();
  }

  @Test
  void runCalledDirectlyRunsHere() throws Exception {
    Path file = directory.resolve("pid");
    podpool.process(PodProcessTest::writePid, file.toString()).run();
    assertThat(Files.readString(file)).startsWith(ProcessHandle.current().pid() + " ");
  }
}
