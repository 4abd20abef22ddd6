package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/**
 * Who a worker is to its node. The rest is not for a pool to say: a worker never runs as root, gets
 * no new privileges and no capabilities, and has its container runtime's system call filter.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SecurityContext(
    @Min(1)
        @Max(SecurityContext.ID_MAX)
        @JsonPropertyDescription(
            "User id of the worker's processes. 1 to 2147483647. Unset means the image's own, which"
                + " must not be root.")
        @Nullable Long runAsUser,
    @Min(1)
        @Max(SecurityContext.ID_MAX)
        @JsonPropertyDescription(
            "Group id of the worker's processes. 1 to 2147483647. Unset means the image's own.")
        @Nullable Long runAsGroup,
    @Min(1)
        @Max(SecurityContext.ID_MAX)
        @JsonPropertyDescription(
            "Group that volumes belong to. 1 to 2147483647. Unset means that they stay as they are.")
        @Nullable Long fsGroup,
    @Default("true")
        @JsonPropertyDescription(
            "Whether the image's files can't be changed, with an empty folder at /tmp to write to."
                + " Default true.")
        boolean readOnlyRootFilesystem) {

  static final long ID_MAX = Integer.MAX_VALUE;

  /** A template that says nothing of it. */
  public static final SecurityContext DEFAULT = new SecurityContext(null, null, null, true);
}
