package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.protocol.WorkerStart;
import dev.podpool.session.RandomId;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PodStartTest {

  private static final WorkerStart GIVEN =
      WorkerStart.newBuilder().setPool("index").setAccessDirectory("/access").build();

  private static String encoded(WorkerStart start) {
    return Base64.getEncoder().encodeToString(start.toByteArray());
  }

  @Test
  void aPodsVariablesSayWhatItsWorkerIs() throws IOException {
    UUID uid = UUID.randomUUID();

    WorkerStart start =
        PodStart.of(
            Map.of(
                PodStart.START, encoded(GIVEN), PodStart.NAME, "index-0", PodStart.UID, "" + uid));

    assertThat(start)
        .isEqualTo(GIVEN.toBuilder().setWorker("index-0").setNonce(RandomId.of(uid)).build());
  }

  @Test
  void elsewhereTheySayNothing() throws IOException {
    assertThat(PodStart.of(Map.of("PATH", "/bin"))).isNull();
  }

  @Test
  void whatNoOperatorHasSetIsRefused() {
    assertThatThrownBy(() -> PodStart.of(Map.of(PodStart.START, "?")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("let it make this pod");
    assertThatThrownBy(() -> PodStart.of(Map.of(PodStart.START, encoded(GIVEN))))
        .hasMessageContaining(PodStart.UID);
  }
}
