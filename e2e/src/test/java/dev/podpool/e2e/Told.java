package dev.podpool.e2e;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Says which scenario runs, and how it ended. */
final class Told implements BeforeTestExecutionCallback, AfterTestExecutionCallback {

  private Instant started = Instant.now();

  @Override
  public void beforeTestExecution(ExtensionContext scenario) {
    started = Instant.now();
    System.out.println("e2e " + scenario.getDisplayName() + " …");
  }

  @Override
  public void afterTestExecution(ExtensionContext scenario) {
    String end = scenario.getExecutionException().map(failure -> "FAILED: " + failure).orElse("ok");
    System.out.println(
        "e2e %s: %s, %d s"
            .formatted(
                scenario.getDisplayName(),
                end,
                Duration.between(started, Instant.now()).toSeconds()));
  }
}
