package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** One environment variable. Its value is no place for a secret: it can be read in the pool. */
public record EnvVar(
    @Required
        @Size(max = 256)
        @ValidationRule(
            value = "self.matches('^[A-Za-z_][A-Za-z0-9_]*$') && !self.startsWith('PODPOOL_')",
            message =
                "give letters, digits and _, with no digit first, and not PODPOOL_, which is"
                    + " Podpool's own")
        @JsonPropertyDescription(
            "The variable's name: letters, digits and _, no digit first, at most 256 characters;"
                + " not one that begins with PODPOOL_. Required.")
        String name,
    @Size(max = 32_768)
        @JsonPropertyDescription(
            "The variable's value, taken as it is. At most 32768 characters. Unset means the empty"
                + " string.")
        String value) {

  /** A value not given is the empty string. */
  public EnvVar {
    value = value == null ? "" : value;
  }
}
