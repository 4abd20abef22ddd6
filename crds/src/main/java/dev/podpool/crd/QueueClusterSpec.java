package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a queue should be.
 *
 * <p>Each component's description is the one that {@code kubectl explain qc.spec} prints. Null is
 * what a manifest left out and has no schema default.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QueueClusterSpec(
    @Default("1")
        @ValidationRule(
            value = "self == 1 || self == 3",
            message =
                "a queue has 1 replica, or 3 to go on when one is lost: give 1 or 3, and for more load"
                    + " make another QueueCluster")
        @ValidationRule(
            value = "self >= oldSelf",
            message =
                "a queue may grow from 1 replica to 3, and not shrink: give 3, or make another"
                    + " QueueCluster with 1 and have pools name it (spec.queue)")
        @JsonPropertyDescription(
            "Number of replicas that keep the same data, each on a volume and in a pod of its own:"
                + " 1 or 3. Of 3, any 2 go on when one is lost. Default 1. May grow, never shrink.")
        int replicas,
    @Default("{}")
        @JsonPropertyDescription(
            "The volume of each replica, which holds what the queue has acknowledged. Every field may"
                + " be left out.")
        Storage storage,
    @JsonPropertyDescription("What each of the queue's pods may use. Unset means no limit.")
        @Default("{}")
        Resources resources,
    @JsonPropertyDescription("Labels that a node must have to run the queue. Unset means any node.")
        @Nullable Map<String, String> nodeSelector,
    @Size(max = 64)
        @JsonPropertyDescription(
            "Taints of nodes that do not keep the queue away. At most 64. Unset means none.")
        @Nullable List<Toleration> tolerations,
    @Size(max = 16)
        @JsonPropertyDescription(
            "Secrets with which the queue's image is fetched. At most 16. Unset means none.")
        @Nullable List<ObjectName> imagePullSecrets) {

  /** Nothing given becomes empty, never null. */
  public QueueClusterSpec {
    storage = storage == null ? Storage.DEFAULT : storage;
    resources = resources == null ? Resources.NONE : resources;
    nodeSelector =
        nodeSelector == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(nodeSelector));
    tolerations = tolerations == null ? List.of() : List.copyOf(tolerations);
    imagePullSecrets = imagePullSecrets == null ? List.of() : List.copyOf(imagePullSecrets);
  }

  /** A spec that says nothing: each field has its default. */
  public static QueueClusterSpec defaults() {
    return new QueueClusterSpec(1, Storage.DEFAULT, Resources.NONE, null, null, null);
  }

  /** A volume. Neither field can be changed: a StatefulSet's claims are for ever. */
  @ValidationRule(
      value = "has(self.storageClassName) == has(oldSelf.storageClassName)",
      fieldPath = ".storageClassName",
      message = "a volume can't change its class: make another QueueCluster")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Storage(
      @Default("10Gi")
          @ValidationRule(
              value =
                  "type(self) == int ? self > 0 : self.matches('^[0.]*[1-9]') &&"
                      + " self.matches('^[0-9]*[.]?[0-9]+(k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$')",
              message = "give an amount above 0, such as 10Gi")
          @ValidationRule(
              value = "self == oldSelf",
              message =
                  "a queue's volume can't be resized here: resize its claim, or make another"
                      + " QueueCluster")
          @JsonPropertyDescription(
              "How much it holds, in bytes, above 0, with a suffix k, M, G, T, P, E or Ki, Mi, Gi,"
                  + " Ti, Pi, Ei; at most 32 characters. Default 10Gi. Can't be changed.")
          Quantity size,
      @Size(min = 1, max = 253)
          @ValidationRule(
              value = "self == oldSelf",
              message = "a volume can't change its class: make another QueueCluster")
          @JsonPropertyDescription(
              "Its StorageClass. 1 to 253 characters. Unset means the cluster's default. Can't be"
                  + " changed.")
          @Nullable String storageClassName) {

    /** 10 GiB of the cluster's default class. */
    public static final Storage DEFAULT = new Storage(Quantity.parse("10Gi"), null);

    /** An unset size is 10 GiB. */
    public Storage {
      size = size == null ? Quantity.parse("10Gi") : size;
    }
  }
}
