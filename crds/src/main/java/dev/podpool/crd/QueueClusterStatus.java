package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** What a queue was when last observed. Written by the operator, never by hand. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QueueClusterStatus(
    @JsonPropertyDescription("Number of replicas that serve.") int readyReplicas,
    @JsonPropertyDescription("metadata.generation of the spec that this status answers.")
        long observedGeneration,
    @JsonPropertyDescription(
            "Ready: whether the queue serves, as it does while most of its replicas do. Its message"
                + " is what kubectl get shows under STATUS. Spread, of 3 replicas: whether no two"
                + " share a node, as far as they have nodes.")
        List<Condition> conditions) {

  public QueueClusterStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }
}
