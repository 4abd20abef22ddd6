package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator's program, from outside, where it can't start. */
class OperatorMainTest {

  @TempDir private Path directory;

  /** All that it says; it has ended with {@code exitCode}. */
  private static String refused(int exitCode, OperatorProcess operator) throws Exception {
    String said =
        new String(operator.process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(operator.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(operator.process.exitValue()).as(said).isEqualTo(exitCode);
    assertThat(said).doesNotContain("\tat ");
    return said;
  }

  @Test
  void whatIsMissingOrWrongIsSaid() throws Exception {
    try (OperatorProcess operator = new OperatorProcess(directory)) {
      operator.startWith(List.of("--worker-image=a", "--queue-image=b"));
      assertThat(refused(2, operator))
          .contains("Missing required option", "--token-file", "Usage:");

      Files.delete(operator.token);
      operator.start();
      assertThat(refused(3, operator))
          .contains("the operator can't start: the token in " + operator.token + " can't be read");
    }
  }

  @Test
  void anApiServerThatIsNotThereIsNamed() throws Exception {
    try (OperatorProcess operator = new OperatorProcess(directory)) {
      operator.start();
      assertThat(refused(3, operator))
          .contains("the operator can't start: the API server at http://127.0.0.1:1/ does not");
    }
  }
}
