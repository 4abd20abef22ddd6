package dev.podpool.queue.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.testing.FakeApiServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which pod of which queue this is. */
@Timeout(20)
class QueueNamesTest {

  private static final Map<String, String> IN_A_POD =
      Map.of("KUBERNETES_SERVICE_HOST", "192.0.2.1", "POD_NAME", "a-queue-queue-12");

  @TempDir private Path home;

  @Test
  void aPodIsNamedByItsVariableAndItsNamespaceByItsAccount() throws Exception {
    try (FakeApiServer cluster = new FakeApiServer(home)) {
      PodAccount account = PodAccount.of(IN_A_POD, cluster.files());
      try (ClusterAccess access = new ClusterAccess("a-queue", account, home)) {
        assertThat(access.podName()).isEqualTo("a-queue-queue-12");
        assertThat(access.namespace()).isEqualTo("search");
      }
    }
  }

  @Test
  void aPodThatDoesNotKnowItsNameIsToldWhereItComesFrom() {
    assertThatThrownBy(() -> PodAccount.of(Map.of("KUBERNETES_SERVICE_HOST", "192.0.2.1"), home))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("POD_NAME is not set")
        .hasMessageContaining("metadata.name");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "q-queue",
        "q-queue-",
        "q-queue-x",
        "q-queue-01",
        "q-queue--1",
        "other-queue-0",
        "Q-queue-0"
      })
  void aPodOfAnotherNameIsNoneOfTheQueue(String pod) {
    assertThatThrownBy(() -> QueueNames.of("q", "search", pod))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("POD_NAME is '" + pod + "'")
        .hasMessageContaining("named q-queue-N");
  }
}
