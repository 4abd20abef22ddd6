package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/**
 * How evenly a pool's workers are spread over the nodes; as in a pod's own {@code
 * topologySpreadConstraints}, whose selector is always the pool.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Spread(
    @Required
        @Size(min = 1, max = 317)
        @JsonPropertyDescription(
            "The label of nodes that tells places apart, such as kubernetes.io/hostname or"
                + " topology.kubernetes.io/zone. 1 to 317 characters. Required.")
        String topologyKey,
    @Default("1")
        @Min(1)
        @Max(10_000)
        @JsonPropertyDescription(
            "By how many workers two places may differ. 1 to 10000, default 1.")
        int maxSkew,
    @Default("ScheduleAnyway")
        @JsonPropertyDescription(
            "What happens to a worker that can be placed only unevenly: ScheduleAnyway, the default,"
                + " or DoNotSchedule.")
        WhenUnsatisfiable whenUnsatisfiable) {

  /** What happens to a worker that can be placed only unevenly. */
  public enum WhenUnsatisfiable {
    DoNotSchedule,
    ScheduleAnyway
  }
}
