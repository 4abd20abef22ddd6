package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.Required;
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
 * A process that a program has started, in a pod of its own. The operator makes it of what the
 * queue knows; deleting it ends the process.
 *
 * <p>The custom resource definition is generated from this class and those it names. Mutable and
 * not thread-safe, as Kubernetes clients want it; {@code spec} and {@code status} are immutable.
 */
@Group(WorkerPool.GROUP)
@Version(WorkerPool.VERSION)
@Kind("WorkerProcess")
@Singular("workerprocess")
@Plural("workerprocesses")
@ShortNames("wproc")
@Categories("podpool")
@AdditionalPrinterColumn(name = "Process", jsonPath = ".spec.processName")
@AdditionalPrinterColumn(
    name = "PID",
    jsonPath = ".status.pid",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Exit",
    jsonPath = ".status.exitCode",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Daemon",
    jsonPath = ".spec.daemon",
    type = AdditionalPrinterColumn.Type.BOOLEAN)
@AdditionalPrinterColumn(name = "Parent", jsonPath = ".spec.parent")
@AdditionalPrinterColumn(name = "Status", jsonPath = ".status.phase")
@AdditionalPrinterColumn(name = "Reason", jsonPath = ".status.reason")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@JsonPropertyOrder({"apiVersion", "kind", "metadata", "spec", "status"})
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(value = "kind", allowGetters = true)
// HasMetadata's own deserializer looks kinds up in a registry that does not know this one.
@JsonDeserialize(using = JsonDeserializer.None.class)
public final class WorkerProcess implements HasMetadata, Namespaced {
  private String apiVersion = WorkerPool.GROUP + "/" + WorkerPool.VERSION;
  private ObjectMeta metadata = new ObjectMeta();

  @Required
  @JsonPropertyDescription("What the process is. Made by the operator; can't be changed. Required.")
  private WorkerProcessSpec spec = WorkerProcessSpec.NONE;

  @JsonPropertyDescription(
      "What became of the process, as last observed. The queue knows the truth. Written by the"
          + " operator; unset until it has seen the process.")
  private @Nullable WorkerProcessStatus status;

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
    return "WorkerProcess";
  }

  @Override
  public ObjectMeta getMetadata() {
    return metadata;
  }

  @Override
  public void setMetadata(ObjectMeta metadata) {
    this.metadata = metadata;
  }

  public WorkerProcessSpec getSpec() {
    return spec;
  }

  public void setSpec(WorkerProcessSpec spec) {
    this.spec = spec;
  }

  /** Null until the process was observed. */
  public @Nullable WorkerProcessStatus getStatus() {
    return status;
  }

  public void setStatus(@Nullable WorkerProcessStatus status) {
    this.status = status;
  }
}
