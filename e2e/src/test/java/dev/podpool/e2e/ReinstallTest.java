package dev.podpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.AsyncResult;
import dev.podpool.JobOptions;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Told.class)
class ReinstallTest {

  @Test
  @DisplayName("15: uninstall and install again: pools, jobs and results are there")
  void everythingIsKept() throws Exception {
    try (Stage stage = new Stage("e2e-again")) {
      stage.pool("kept", 1);
      stage.waitFor("Ready", "kept");
      AsyncResult<List<Integer>> before;
      try (Podpool podpool = stage.podpool()) {
        Pool pool =
            podpool.pool("kept").with(JobOptions.defaults().withRetention(Duration.ofHours(1)));
        before = pool.mapAsync(Work::square, List.of(1, 2, 3));
        assertThat(before.get()).containsExactly(1, 4, 9);
      }

      helm("uninstall", "podpool", "--wait");
      assertThat(stage.workerPool("kept")).isNotNull();
      assertThat(stage.kubectl("get", "qc", "default", "-o", "name")).contains("default");

      helm("install", "podpool", Stage.ROOT.resolve("helm/podpool").toString(), "--wait");
      // Pods that ran meanwhile may be the same; a change shows that somebody looks after them.
      stage.kubectl("scale", "wp/kept", "--replicas=2");
      Stage.await(
          "status.readyWorkers",
          () -> stage.workerPool("kept").getStatus().readyWorkers(),
          ready -> ready == 2);
      Podpool podpool = stage.podpool();
      assertThat(podpool.job(before.jobId(), Integer.class).get()).containsExactly(1, 4, 9);
      assertThat(podpool.pool("kept").map(Work::square, List.of(4, 5))).containsExactly(16, 25);
    }
  }

  private static void helm(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "helm",
                "--kube-context",
                System.getProperty("e2e.context"),
                "-n",
                Stage.SYSTEM,
                "--timeout",
                "5m"));
    command.addAll(List.of(arguments));
    Shell.output(command.toArray(String[]::new));
  }
}
