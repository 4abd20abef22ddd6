package dev.podpool.operator.cluster;

import dev.podpool.operator.plan.Worker;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What keeps a worker's pod from running: from the scheduler's words, and the kubelet's. The same
 * for the same trouble, as both reword theirs while they try again.
 */
final class PodTrouble {

  private static final Pattern LACKING = Pattern.compile("Insufficient ([\\w./-]*\\w)");

  private PodTrouble() {}

  /** What keeps {@code worker}; null if nothing is known to. */
  static Worker.@Nullable Trouble of(WorkerPod worker) {
    Optional<Worker.Trouble> found =
        worker
            .conditions()
            .filter(c -> c.getType().equals("PodScheduled") && c.getStatus().equals("False"))
            .findFirst()
            .map(PodTrouble::ofScheduler)
            .or(
                () ->
                    worker
                        .container()
                        .map(status -> status.getState())
                        .map(state -> state.getWaiting())
                        .flatMap(waiting -> ofKubelet(waiting, worker)));
    return found.orElse(null);
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

  private static Optional<Worker.Trouble> ofKubelet(
      ContainerStateWaiting waiting, WorkerPod worker) {
    String reason = waiting.getReason() == null ? "" : waiting.getReason();
    String image =
        worker.pod().getSpec().getContainers().stream()
            .filter(container -> container.getName().equals(PodTemplate.CONTAINER))
            .map(container -> container.getImage())
            .findFirst()
            .orElse("");
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
          default -> null; // ContainerCreating, PodInitializing
        });
  }
}
