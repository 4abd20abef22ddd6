package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is true of a pool, a queue or a process, or not, or unknown; shaped as Kubernetes'
 * own conditions.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Condition(
    @Required
        @JsonPropertyDescription(
            "What it is about: of a pool Ready, Progressing, Draining, QueueReachable or Joined; of a"
                + " queue Ready or Spread; of a process Started or Exited.")
        String type,
    @Required @JsonPropertyDescription("True, False, or Unknown where it cannot be told.")
        Truth status,
    @JsonPropertyDescription("metadata.generation of the spec that it was decided for.")
        long observedGeneration,
    @JsonPropertyDescription("When status last changed, as RFC 3339, such as 2026-01-01T00:00:00Z.")
        @Nullable String lastTransitionTime,
    @JsonPropertyDescription("Why, as one CamelCase word for programs.") @Nullable String reason,
    @JsonPropertyDescription("Why, in words for people.") @Nullable String message) {

  /** A condition's status. */
  public enum Truth {
    True,
    False,
    Unknown
  }
}
