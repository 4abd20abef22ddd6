package dev.podpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.Podpool;
import dev.podpool.Pool;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Told.class)
class AccessTest {

  @Test
  @DisplayName("12: who has no right is refused, and so is who has it in another namespace")
  void strangersAreRefused() throws Exception {
    try (Stage stage = new Stage("e2e-access");
        Stage other = new Stage("e2e-other")) {
      stage.pool("mine", 1);
      other.pool("theirs", 1);
      stage.waitFor("Ready", "mine");
      other.waitFor("Ready", "theirs");

      stage.kubectl("create", "serviceaccount", "nobody");
      assertThatThrownBy(() -> stage.connect(stage.cluster().withServiceAccount("nobody")))
          .hasMessageContaining("nobody")
          .hasMessageContaining("workerpools/tasks");

      stage.account("reader", "podpool-viewer");
      Podpool reader = stage.connect(stage.cluster().withServiceAccount("reader"));
      assertThat(reader.poolInfo("mine").name()).isEqualTo("mine");
      try (Pool pool = reader.pool("mine")) {
        assertThatThrownBy(() -> pool.map(Work::square, List.of(1)))
            .hasStackTraceContaining("submit");
      }

      // A worker's token of one namespace, at the queue of the other.
      assertThat(refusedToken(stage, other, "default-queue-worker")).contains("PERMISSION_DENIED");
      assertThat(refusedToken(stage, other, "podpool-client")).contains("PERMISSION_DENIED");

      // A token that was made for the API server.
      String forApiServer = stage.kubectl("create", "token", "podpool-client");
      assertThat(podpoolIn(other, forApiServer)).contains("UNAUTHENTICATED");
    }
  }

  /** What the queue of {@code other} says to an account of {@code stage}. */
  private static String refusedToken(Stage stage, Stage other, String account) throws Exception {
    return podpoolIn(other, stage.kubectl("create", "token", account, "--audience=podpool.dev"));
  }

  /** What the command says, in a pod of {@code stage}, that calls with {@code token}. */
  private static String podpoolIn(Stage stage, String token) throws Exception {
    stage.clientPod();
    Shell.Ended ended =
        stage.kubectlWith(
            token,
            "exec",
            "-i",
            "client",
            "--",
            "bash",
            "-c",
            "mkdir -p /tmp/access && cp /var/run/podpool/ca.crt /var/run/podpool/endpoint /tmp/access"
                + " && cat > /tmp/access/token && PODPOOL_ACCESS=/tmp/access podpool jobs");
    assertThat(ended.exitCode()).isNotZero();
    return ended.complaint();
  }
}
