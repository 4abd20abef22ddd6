package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A function that a child process runs before its first task. */
// function is a reserved word of CEL, which the API server writes with underscores.
@ValidationRule(
    value = "has(self.__function__)",
    message =
        "arguments are nothing without a function: give function: package.Class::method, or leave"
            + " initializer out")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Initializer(
    @Size(max = 512)
        @ValidationRule(
            value =
                "self.matches('^([A-Za-z_$][A-Za-z0-9_$]*[.])*"
                    + "[A-Za-z_$][A-Za-z0-9_$]*::[A-Za-z_$][A-Za-z0-9_$]*$')",
            message = "give package.Class::method, such as com.example.Models::load")
        @JsonPropertyDescription(
            "A static method that takes as many String parameters as there are arguments, as"
                + " package.Class::method. At most 512 characters. Required.")
        @Nullable String function,
    @Size(max = 64)
        @JsonPropertyDescription(
            "What the function is called with, in order. At most 64 arguments. Unset means none.")
        @Nullable List<String> arguments) {

  public Initializer {
    arguments = arguments == null ? List.of() : List.copyOf(arguments);
  }
}
