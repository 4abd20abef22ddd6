package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

/**
 * Files that a worker's container can mount: a chosen few of a pod's own kinds of {@code volumes},
 * and never a path of the node.
 */
@ValidationRule(
    value =
        "has(self.emptyDir)"
            + " ? !has(self.configMap) && !has(self.secret) && !has(self.persistentVolumeClaim)"
            + " : (has(self.configMap)"
            + " ? !has(self.secret) && !has(self.persistentVolumeClaim)"
            + " : has(self.secret) != has(self.persistentVolumeClaim))",
    message = "give one source: emptyDir, configMap, secret or persistentVolumeClaim")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Volume(
    @Required
        @Size(min = 1, max = 63)
        @ValidationRule(
            value =
                "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && !self.startsWith('podpool-')",
            message =
                "give a-z, 0-9 and -, with a letter or digit at both ends, and not podpool-, which"
                    + " is Podpool's own")
        @JsonPropertyDescription(
            "What volumeMounts call it: 1 to 63 characters a-z, 0-9 and -; not one that begins with"
                + " podpool-. Required.")
        String name,
    @JsonPropertyDescription(
            "An empty folder that ends with the worker. Unset where another source is given.")
        @Nullable EmptyDir emptyDir,
    @JsonPropertyDescription(
            "A file for each key of a ConfigMap. Unset where another source is given.")
        @Nullable ObjectName configMap,
    @JsonPropertyDescription(
            "A file for each key of a Secret. Unset where another source is given.")
        @Nullable SecretVolume secret,
    @JsonPropertyDescription(
            "Storage that outlives the worker and is shared by all of them, if its access mode"
                + " allows that. Unset where another source is given.")
        @Nullable ClaimVolume persistentVolumeClaim) {

  /** An empty folder. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record EmptyDir(
      @JsonPropertyDescription(
              "Where it is kept: Memory, which counts as the worker's memory. Unset means on the"
                  + " node's disk.")
          @Nullable Medium medium,
      @ValidationRule(
              value =
                  "type(self) == int ? self > 0 : self.matches('^[0.]*[1-9]') &&"
                      + " self.matches('^[0-9]*[.]?[0-9]+(k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$')",
              message = "give an amount above 0, such as 512Mi, 2Gi or a number of bytes")
          @JsonPropertyDescription(
              "The most that it may hold, in bytes, above 0, with a suffix k, M, G, T, P, E or Ki,"
                  + " Mi, Gi, Ti, Pi, Ei, such as 1Gi; at most 32 characters. Unset means no limit"
                  + " of its own.")
          @Nullable Quantity sizeLimit) {}

  /** Where an empty folder is kept. */
  public enum Medium {
    Memory
  }

  /** The files of a Secret; its name is called as in a pod's own volumes. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record SecretVolume(
      @Required
          @Size(min = 1, max = 253)
          @JsonPropertyDescription(
              "The Secret's name, in the pool's namespace. 1 to 253 characters. Required.")
          String secretName) {}

  /** A claim; its name is called as in a pod's own volumes. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ClaimVolume(
      @Required
          @Size(min = 1, max = 253)
          @JsonPropertyDescription(
              "The PersistentVolumeClaim's name, in the pool's namespace. 1 to 253 characters."
                  + " Required.")
          String claimName,
      @Default("false")
          @JsonPropertyDescription("Whether no worker may write to it. Default false.")
          boolean readOnly) {}
}
