package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A taint that does not keep a worker away; as in a pod's own {@code tolerations}. */
@ValidationRule(
    value = "has(self.key) || self.operator == 'Exists'",
    message = "without a key, only operator: Exists has a meaning: it tolerates every taint")
@ValidationRule(
    value = "self.operator == 'Equal' || !has(self.value)",
    fieldPath = ".value",
    message = "operator: Exists matches any value: leave value out")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Toleration(
    @Size(max = 317)
        @JsonPropertyDescription(
            "The taint's key. At most 317 characters. Unset means every key, with operator:"
                + " Exists.")
        @Nullable String key,
    @Default("Equal")
        @JsonPropertyDescription(
            "How the taint's value is compared: Equal, the default, or Exists, for any value.")
        Operator operator,
    @Size(max = 63)
        @JsonPropertyDescription(
            "The taint's value, with operator: Equal. At most 63 characters. Unset means the empty"
                + " string.")
        @Nullable String value,
    @JsonPropertyDescription(
            "The taint's effect: NoSchedule, PreferNoSchedule or NoExecute. Unset means all.")
        @Nullable Effect effect) {

  /** How a taint's value is compared. */
  public enum Operator {
    Equal,
    Exists
  }

  /** What a taint does to pods that do not tolerate it. */
  public enum Effect {
    NoSchedule,
    PreferNoSchedule,
    NoExecute
  }
}
