package dev.podpool.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.AsyncResult;
import dev.podpool.Pool;
import dev.podpool.local.HelperJvm.Output;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole programs: what they print, and what they leave behind. */
@Timeout(180)
class ProgramsTest {

  /** The first program of the documentation. */
  static final class Squares {
    static int square(int n) {
      return n * n;
    }

    public static void main(String[] args) throws InterruptedException {
      try (Pool pool = Pool.local(3)) {
        System.out.println(pool.map(Squares::square, IntStream.range(0, 10).boxed().toList()));
        var unused =
            pool.applyAsync(Squares::square, 10)
                .onSuccess(n -> System.out.println("callback " + n));
        for (int n :
            pool.imapUnordered(Squares::square, IntStream.iterate(0, i -> i + 1).boxed())) {
          if (n > 10_000) {
            break;
          }
        }
      }
    }
  }

  @Test
  void theFirstProgramPrintsItsResultsAndNothingElse(@TempDir Path directory) throws Exception {
    Output output = HelperJvm.run(directory, Squares.class);
    assertThat(output.error()).isEmpty();
    assertThat(output.standard()).isEqualTo("[0, 1, 4, 9, 16, 25, 36, 49, 64, 81]\ncallback 100\n");
    assertThat(output.exitCode()).isZero();
  }

  /** A million items in one job, and a hundred thousand jobs of one item. */
  static final class Load {
    public static void main(String[] args) throws Exception {
      try (Pool pool = Pool.local(2)) {
        List<Integer> million = IntStream.range(0, 1_000_000).boxed().toList();
        System.out.println(pool.map(Work::same, million).equals(million));
        List<AsyncResult<Integer>> jobs = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
          jobs.add(pool.applyAsync(Work::same, i));
        }
        int right = 0;
        for (int i = 0; i < jobs.size(); i++) {
          right += jobs.get(i).get() == i ? 1 : 0;
        }
        System.out.println(right);
      }
    }
  }

  @Test
  void aMillionItemsAndAHundredThousandJobsFitInAGigabyte(@TempDir Path directory)
      throws Exception {
    Output output = HelperJvm.run(directory, Load.class, "-Xmx1g");
    assertThat(output.error()).isEmpty();
    assertThat(output.standard()).isEqualTo("true\n100000\n");
  }

  @Test
  void noChildIsLeftAfterClose() throws Exception {
    Set<Long> pids = new HashSet<>();
    try (Pool pool = Pool.local(2)) {
      pids.addAll(pool.map(Work::pid, List.of(1, 2, 3, 4)));
    }
    assertThat(pids).isNotEmpty().allMatch(pid -> ProcessHandle.of(pid).isEmpty());
    assertThat(ProcessHandle.current().children()).isEmpty();
  }

  @Test
  void noChildIsLeftAfterTerminateThoughItsItemNeverEnds() throws Exception {
    Pool pool = Pool.local(2);
    long pid = pool.apply(Work::pid, 1);
    var waiting = pool.mapAsync(Work::waitsForEver, List.of(3, 3, 3));
    pool.terminate();
    assertThat(waiting.isCancelled()).isTrue();
    assertThat(ProcessHandle.of(pid)).isEmpty();
    assertThat(ProcessHandle.current().children()).isEmpty();
  }

  /** Has children that never end by themselves. */
  static final class Caller {
    @SuppressWarnings("resource")
    public static void main(String[] args) throws Exception {
      Pool pool = Pool.local(2);
      System.out.println(pool.apply(Work::pid, 1));
      ProcessHandle.current().children().forEach(child -> System.out.println(child.pid()));
      System.out.println("end");
      pool.map(Work::waitsForEver, List.of(3, 3, 3));
    }
  }

  @Test
  void noChildOutlivesACallerThatIsKilled() throws Exception {
    Process caller = HelperJvm.of(Caller.class).start();
    List<ProcessHandle> children = new ArrayList<>();
    try (BufferedReader lines = caller.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); !"end".equals(line); line = lines.readLine()) {
        ProcessHandle.of(Long.parseLong(line)).ifPresent(children::add);
      }
    } finally {
      caller.destroyForcibly().waitFor();
    }
    assertThat(children).isNotEmpty();
    for (ProcessHandle child : children) {
      child.onExit().get(60, TimeUnit.SECONDS);
    }
  }
}
