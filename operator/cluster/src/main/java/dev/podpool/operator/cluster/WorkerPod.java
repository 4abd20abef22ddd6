package dev.podpool.operator.cluster;

import com.google.protobuf.ByteString;
import dev.podpool.operator.plan.Worker;
import dev.podpool.session.RandomId;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A worker's pod, as the API server last showed it. */
record WorkerPod(Pod pod) {

  private static final String EVICTED = "Evicted";

  String name() {
    return pod.getMetadata().getName();
  }

  String uid() {
    return pod.getMetadata().getUid();
  }

  /** Whose it says it is; empty if nobody's. */
  String pool() {
    return labels().getOrDefault(Names.POOL, "");
  }

  /** Its place; negative where it has none, which no pod of ours is like. */
  int ordinal() {
    String label = labels().getOrDefault(Names.ORDINAL, "");
    return label.matches("[0-9]{1,6}") ? Integer.parseInt(label) : -1;
  }

  /** Of the template that it was made from; empty if it does not say. */
  String templateHash() {
    return annotations().getOrDefault(Names.TEMPLATE, "");
  }

  /** What its session is opened with: its uid. */
  ByteString nonce() {
    return RandomId.of(UUID.fromString(uid()));
  }

  Instant createdAt() {
    return Instant.parse(pod.getMetadata().getCreationTimestamp());
  }

  /** Since when it is to get no work; null if it may. */
  @Nullable Instant cordonedAt() {
    String at = annotations().get(Names.CORDONED_AT);
    try {
      return at == null ? null : Instant.parse(at);
    } catch (DateTimeException e) {
      return createdAt(); // somebody else's hand
    }
  }

  /** When it must be gone, deleted as it is; null if it is not deleted. */
  @Nullable Instant goneAt() {
    String at = pod.getMetadata().getDeletionTimestamp();
    return at == null ? null : Instant.parse(at);
  }

  /** Whether its containers have ended, and none will start. */
  boolean hasEnded() {
    String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
    return "Failed".equals(phase) || "Succeeded".equals(phase);
  }

  /** Whom it goes with. */
  Optional<OwnerReference> controller() {
    return pod.getMetadata().getOwnerReferences().stream()
        .filter(owner -> Boolean.TRUE.equals(owner.getController()))
        .findFirst();
  }

  // ---- how it ended

  /** Negative N where signal N ended it; 0 where that is not known. Only once it has ended. */
  int exitCode() {
    return terminated().map(PodEnd::exitCode).orElse(0);
  }

  /** Whether its place was taken away, by no item's doing. Only once it has ended. */
  boolean wasDisrupted() {
    return goneAt() != null
        || EVICTED.equals(pod.getStatus().getReason())
        || conditions()
            .anyMatch(c -> c.getType().equals("DisruptionTarget") && c.getStatus().equals("True"));
  }

  /** Why it ended, in one word for programs. Only once it has. */
  String reason() {
    String ofPod = pod.getStatus().getReason();
    if (ofPod != null) {
      return ofPod; // Evicted, OutOfcpu, NodeShutdown, DeadlineExceeded
    }
    String ofContainer = terminated().map(ContainerStateTerminated::getReason).orElse("");
    return switch (ofContainer) {
      case "", "Error" -> Worker.End.DIED;
      case "Completed" -> "WorkerCompleted";
      default -> ofContainer; // OOMKilled, ContainerCannotRun, StartError
    };
  }

  /** How it ended, for people. Only once it has. */
  String cause() {
    String ofPod = pod.getStatus().getReason();
    if (ofPod != null) {
      String message = pod.getStatus().getMessage();
      return message == null ? ofPod : ofPod + ": " + Words.brief(message);
    }
    Optional<ContainerStateTerminated> ended = terminated();
    if (ended.isEmpty()) {
      return "its containers are gone";
    }
    String words = PodEnd.words(ended.get());
    return "OOMKilled".equals(ended.get().getReason())
        ? words + memoryLimit().map(limit -> ", limit " + limit).orElse("")
        : words;
  }

  private Optional<String> memoryLimit() {
    return pod.getSpec().getContainers().stream()
        .filter(container -> container.getName().equals(PodTemplate.CONTAINER))
        .map(container -> container.getResources())
        .filter(Objects::nonNull)
        .map(resources -> resources.getLimits().get("memory"))
        .filter(Objects::nonNull)
        .map(Object::toString)
        .findFirst();
  }

  private Optional<ContainerStateTerminated> terminated() {
    return container().map(status -> status.getState()).map(state -> state.getTerminated());
  }

  // ---- what keeps it

  /** What keeps it from running; null if nothing is known to. */
  Worker.@Nullable Trouble trouble() {
    return PodTrouble.of(pod, PodTemplate.CONTAINER);
  }

  Optional<ContainerStatus> container() {
    return pod.getStatus() == null
        ? Optional.empty()
        : pod.getStatus().getContainerStatuses().stream()
            .filter(status -> status.getName().equals(PodTemplate.CONTAINER))
            .findFirst();
  }

  Stream<PodCondition> conditions() {
    return pod.getStatus() == null ? Stream.empty() : pod.getStatus().getConditions().stream();
  }

  private Map<String, String> labels() {
    return Objects.requireNonNullElse(pod.getMetadata().getLabels(), Map.of());
  }

  private Map<String, String> annotations() {
    return Objects.requireNonNullElse(pod.getMetadata().getAnnotations(), Map.of());
  }
}
