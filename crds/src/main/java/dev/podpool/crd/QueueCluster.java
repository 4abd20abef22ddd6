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
 * A queue that keeps the tasks of a namespace's pools: one replica or three, each a program with a
 * volume of its own.
 *
 * <p>The custom resource definition is generated from this class and those it names. Mutable and
 * not thread-safe, as Kubernetes clients want it; {@code spec} and {@code status} are immutable.
 */
@Group(WorkerPool.GROUP)
@Version(WorkerPool.VERSION)
@Kind("QueueCluster")
@Singular("queuecluster")
@Plural("queueclusters")
@ShortNames("qc")
@Categories("podpool")
@AdditionalPrinterColumn(
    name = "Replicas",
    jsonPath = ".spec.replicas",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.readyReplicas",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "Storage", jsonPath = ".spec.storage.size")
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
            + " && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message =
        "the queue's Service is named after it, so its name has at most 50 characters: a-z, 0-9 and"
            + " -, with a letter first and a letter or digit last")
@JsonPropertyOrder({"apiVersion", "kind", "metadata", "spec", "status"})
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(value = "kind", allowGetters = true)
// HasMetadata's own deserializer looks kinds up in a registry that does not know this one.
@JsonDeserialize(using = JsonDeserializer.None.class)
public final class QueueCluster implements HasMetadata, Namespaced {
  private String apiVersion = WorkerPool.GROUP + "/" + WorkerPool.VERSION;
  private ObjectMeta metadata = new ObjectMeta();

  @Default("{}")
  @JsonPropertyDescription("What the queue should be. Every field has a default.")
  private QueueClusterSpec spec = QueueClusterSpec.defaults();

  @JsonPropertyDescription(
      "What the queue was when last observed. Written by the operator; unset until it has seen it.")
  private @Nullable QueueClusterStatus status;

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
    return "QueueCluster";
  }

  @Override
  public ObjectMeta getMetadata() {
    return metadata;
  }

  @Override
  public void setMetadata(ObjectMeta metadata) {
    this.metadata = metadata;
  }

  public QueueClusterSpec getSpec() {
    return spec;
  }

  public void setSpec(QueueClusterSpec spec) {
    this.spec = spec;
  }

  /** Null until the queue was observed. */
  public @Nullable QueueClusterStatus getStatus() {
    return status;
  }

  public void setStatus(@Nullable QueueClusterStatus status) {
    this.status = status;
  }
}
