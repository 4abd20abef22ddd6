package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/**
 * A pool of worker processes: pods on a cluster, processes of the operating system on one machine.
 *
 * <p>The custom resource definition is generated from this class and those it names. Mutable and
 * not thread-safe, as Kubernetes clients want it; {@code spec} and {@code status} are immutable.
 */
@Group(WorkerPool.GROUP)
@Version(WorkerPool.VERSION)
@Kind("WorkerPool")
@Singular("workerpool")
@Plural("workerpools")
@ShortNames("wp")
@Categories("podpool")
@AdditionalPrinterColumn(
    name = "Workers",
    jsonPath = ".spec.workers",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.readyWorkers",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Unfinished",
    jsonPath = ".status.unfinished",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Dead",
    jsonPath = ".status.dead",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Status",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].message")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@ValidationRule(
    value =
        "size(self.metadata.name) <= 50"
            + " && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    message =
        "workers are named after their pool, so its name has at most 50 characters: a-z, 0-9 and"
            + " -, with a letter or digit at both ends")
@JsonPropertyOrder({"apiVersion", "kind", "metadata", "spec", "status"})
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(value = "kind", allowGetters = true)
// HasMetadata's own deserializer looks kinds up in a registry that does not know this one.
@JsonDeserialize(using = JsonDeserializer.None.class)
public final class WorkerPool implements HasMetadata, Namespaced {
  /** The API group of Podpool's resources. */
  public static final String GROUP = "podpool.dev";

  /** The version of this schema. */
  public static final String VERSION = "v1alpha1";

  private String apiVersion = GROUP + "/" + VERSION;
  private ObjectMeta metadata = new ObjectMeta();

  @Default("{}")
  @JsonPropertyDescription("What the pool should be. Every field has a default.")
  private WorkerPoolSpec spec = WorkerPoolSpec.defaults();

  @JsonPropertyDescription(
      "What the pool was when last observed: counts and conditions. The queue knows the truth"
          + " about tasks. Written by the operator; unset until it has seen the pool.")
  private @Nullable WorkerPoolStatus status;

  @Override
  public String getApiVersion() {
    return apiVersion;
  }

  @Override
  public void setApiVersion(String apiVersion) {
    this.apiVersion = apiVersion;
  }

  @Override
  public String getKind() {
    return "WorkerPool";
  }

  @Override
  public ObjectMeta getMetadata() {
    return metadata;
  }

  @Override
  public void setMetadata(ObjectMeta metadata) {
    this.metadata = metadata;
  }

  public WorkerPoolSpec getSpec() {
    return spec;
  }

  public void setSpec(WorkerPoolSpec spec) {
    this.spec = spec;
  }

  /** Null until the pool was observed. */
  public @Nullable WorkerPoolStatus getStatus() {
    return status;
  }

  public void setStatus(@Nullable WorkerPoolStatus status) {
    this.status = status;
  }
}
