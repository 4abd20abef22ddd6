package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Amounts of memory and processor, as Kubernetes quantities. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ResourceAmounts(
    @ValidationRule(
            value =
                "type(self) == int ? self > 0 : self.matches('^[0.]*[1-9]') &&"
                    + " self.matches('^[0-9]*[.]?[0-9]+(k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$')",
            message = "give an amount of memory above 0, such as 512Mi, 2Gi or a number of bytes")
        @JsonPropertyDescription(
            "Memory in bytes, above 0, with a suffix k, M, G, T, P, E (powers of 1000) or Ki, Mi,"
                + " Gi, Ti, Pi, Ei (powers of 1024), such as 512Mi; at most 32"
                + " characters. Unset means no such amount.")
        @Nullable Quantity memory,
    @ValidationRule(
            value =
                "type(self) == int ? self > 0 : self.matches('^[0.]*[1-9]') &&"
                    + " self.matches('^[0-9]*[.]?[0-9]+m?$')",
            message = "give an amount of processor above 0, such as 2, 0.5 or 500m")
        @JsonPropertyDescription(
            "Processors, above 0; m means thousandths: 500m is half of one; at most 32"
                + " characters. Unset means no such amount. Only on a cluster.")
        @Nullable Quantity cpu) {

  /** {@code memory} in bytes, rounded down, at most 2^63 - 1; empty where it is unset. */
  public OptionalLong memoryBytes() {
    return memory == null
        ? OptionalLong.empty()
        : OptionalLong.of(
            Quantity.getAmountInBytes(memory).min(BigDecimal.valueOf(Long.MAX_VALUE)).longValue());
  }
}
