package dev.podpool.operator.cluster;

import dev.podpool.operator.plan.Worker;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What keeps a worker's pod from running: from the scheduler's words, and the kubelet's. The same
 * for the same trouble, as both reword theirs while they try again.
 */
final class PodTrouble {

  private static final Pattern LACKING = Pattern.compile("Insufficient ([\\w./-]*\\w)");

  private PodTrouble() {}

  /** What keeps {@code pod}'s container of that name; null if nothing is known to. */
  static Worker.@Nullable Trouble of(Pod pod, String container) {
    if (pod.getStatus() == null) {
      return null;
    }
    Optional<Worker.Trouble> found =
        pod.getStatus().getConditions().stream()
            .filter(c -> c.getType().equals("PodScheduled") && c.getStatus().equals("False"))
            .findFirst()
            .map(PodTrouble::ofScheduler)
            .or(
                () ->
                    pod.getStatus().getContainerStatuses().stream()
                        .filter(status -> status.getName().equals(container))
                        .findFirst()
                        .flatMap(status -> ofKubelet(status, image(pod, container))));
    return found.orElse(null);
  }

  /**
   * Whether {@code pod}'s container of that name isn't ready, and has last ended with {@code
   * words}, later than {@code after}.
   */
  static boolean hasEndedWith(Pod pod, String container, String words, Instant after) {
    return pod.getStatus() != null
        && pod.getStatus().getContainerStatuses().stream()
            .filter(status -> status.getName().equals(container))
            .filter(status -> !Boolean.TRUE.equals(status.getReady()))
            .flatMap(status -> Stream.of(status.getState(), status.getLastState()))
            .map(state -> state == null ? null : state.getTerminated())
            .filter(Objects::nonNull)
            .filter(end -> end.getMessage() != null && end.getMessage().contains(words))
            .filter(end -> end.getFinishedAt() != null)
            .anyMatch(end -> Instant.parse(end.getFinishedAt()).isAfter(after));
  }

  private static Worker.Trouble ofScheduler(PodCondition unscheduled) {
    String message = unscheduled.getMessage() == null ? "" : unscheduled.getMessage();
    if ("SchedulingGated".equals(unscheduled.getReason())) {
      return new Worker.Trouble("SchedulingGated", "held back by a scheduling gate");
    }
    var lacking = new TreeSet<String>();
    Matcher amounts = LACKING.matcher(message);
    while (amounts.find()) {
      lacking.add(amounts.group(1));
    }
    if (message.contains("untolerated taint")) {
      lacking.add("taints");
    }
    if (message.contains("node affinity") || message.contains("node selector")) {
      lacking.add("node affinity");
    }
    if (message.contains("topology spread constraints")) {
      lacking.add("spread");
    }
    if (message.contains("PersistentVolumeClaim") || message.contains("persistentvolumeclaim")) {
      lacking.add("volumes");
    }
    if (message.contains("Too many pods")) {
      lacking.add("pods");
    }
    String why = lacking.isEmpty() ? Words.brief(message) : String.join(", ", lacking);
    return new Worker.Trouble(
        "Unschedulable", why.isEmpty() ? "unschedulable" : "unschedulable (" + why + ")");
  }

  private static String image(Pod pod, String container) {
    return pod.getSpec().getContainers().stream()
        .filter(each -> each.getName().equals(container))
        .map(each -> each.getImage())
        .findFirst()
        .orElse("");
  }

  private static Optional<Worker.Trouble> ofKubelet(ContainerStatus status, String image) {
    ContainerStateWaiting waiting =
        status.getState() == null ? null : status.getState().getWaiting();
    if (waiting == null || waiting.getReason() == null) {
      return Optional.empty();
    }
    String reason = waiting.getReason();
    return Optional.ofNullable(
        switch (reason) {
          // Which of the two changes all the time.
          case "ErrImagePull", "ImagePullBackOff" ->
              new Worker.Trouble("ImagePullBackOff", "can't pull image " + image);
          case "ErrImageNeverPull" ->
              new Worker.Trouble(
                  reason, "have no image %s on their node, and may not pull it".formatted(image));
          case "InvalidImageName" -> new Worker.Trouble(reason, "have no valid image: " + image);
          case "CreateContainerConfigError", "CreateContainerError", "RunContainerError" ->
              new Worker.Trouble(
                  reason,
                  "can't be started: "
                      + Words.brief(waiting.getMessage() == null ? reason : waiting.getMessage()));
          case "CrashLoopBackOff" ->
              new Worker.Trouble(
                  reason,
                  "keeps dying: "
                      + Optional.ofNullable(status.getLastState())
                          .map(last -> last.getTerminated())
                          .map(PodEnd::words)
                          .orElse("its container says no more"));
          default -> null; // ContainerCreating, PodInitializing
        });
  }
}
