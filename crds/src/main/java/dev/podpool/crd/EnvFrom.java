package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Variables for each key of one ConfigMap or Secret; as in a container's own {@code envFrom}. */
@ValidationRule(
    value = "has(self.configMapRef) != has(self.secretRef)",
    message = "give one source: configMapRef or secretRef")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EnvFrom(
    @Size(max = 64)
        @JsonPropertyDescription(
            "What each key gets in front to be a variable's name. At most 64 characters. Unset"
                + " means nothing.")
        @Nullable String prefix,
    @JsonPropertyDescription("The ConfigMap. Unset where secretRef is given.")
        @Nullable ObjectName configMapRef,
    @JsonPropertyDescription("The Secret. Unset where configMapRef is given.")
        @Nullable ObjectName secretRef) {}
