package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Something of the same namespace, by its name. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ObjectName(
    @Required
        @Size(min = 1, max = 253)
        @JsonPropertyDescription("Its name, in the same namespace. 1 to 253 characters. Required.")
        String name) {}
