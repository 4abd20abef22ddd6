package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** What a worker, with its child processes, may use. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Resources(
    @JsonPropertyDescription("The most that a worker may use. Unset means no limit.")
        @Nullable ResourceAmounts limits,
    @JsonPropertyDescription(
            "What a node must have free for a worker. Unset means as much as the limits. Only on a"
                + " cluster.")
        @Nullable ResourceAmounts requests) {

  /** No limit and no request. */
  public static final Resources NONE = new Resources(null, null);
}
