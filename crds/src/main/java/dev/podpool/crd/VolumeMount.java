package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Where a volume is seen in a worker; as in a container's own {@code volumeMounts}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VolumeMount(
    @Required
        @Size(min = 1, max = 63)
        @JsonPropertyDescription(
            "Name of one of the template's volumes. 1 to 63 characters. Required.")
        String name,
    @Required
        @Size(min = 1, max = 512)
        @ValidationRule(
            value = "self.matches('^/[^:]*$') && !self.matches('(^|/)[.][.](/|$)')",
            message = "give a path from /, without : and without ..")
        @JsonPropertyDescription(
            "Path in the worker at which it is seen, from /, without : and without .. . 1 to 512"
                + " characters. Required.")
        String mountPath,
    @Size(max = 512)
        @ValidationRule(
            value = "!self.startsWith('/') && !self.matches('(^|/)[.][.](/|$)')",
            message = "give a path inside the volume: not from /, and without ..")
        @JsonPropertyDescription(
            "The file or folder of the volume that is seen. At most 512 characters, not from / and"
                + " without .. . Unset means all of it.")
        @Nullable String subPath,
    @Default("false")
        @JsonPropertyDescription("Whether the worker may only read it. Default false.")
        boolean readOnly) {}
