package dev.podpool.operator.cluster;

import dev.podpool.crd.Condition;
import dev.podpool.crd.Condition.Truth;
import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.QueueClusterStatus;
import dev.podpool.operator.plan.Worker;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a queue's status says of its replicas: decides, and touches nothing. */
final class QueueStatuses {

  /** Reason of the condition Ready where the queue's volumes are empty, though it has had data. */
  static final String DATA_LOST = "DataLost";

  private static final String SERVING = "Serving";
  private static final String STARTING = "Starting";
  private static final String APART = "Apart";
  private static final Set<String> WELL = Set.of(SERVING, STARTING, APART);

  private final QueueCluster queue;
  private final int ready;
  private final int made;
  private final List<Pod> pods;
  private final @Nullable Instant dataSince;
  private final Instant now;

  /**
   * @param set null while there is none
   * @param pods of the queue, in the order of their names
   * @param dataSince since when it has data; null: it may have none yet
   */
  QueueStatuses(
      QueueCluster queue,
      @Nullable StatefulSet set,
      List<Pod> pods,
      @Nullable Instant dataSince,
      Instant now) {
    this.queue = queue;
    this.ready = readyReplicas(set);
    this.made = set == null ? queue.getSpec().replicas() : set.getSpec().getReplicas();
    this.pods = pods;
    this.dataSince = dataSince;
    this.now = now.truncatedTo(ChronoUnit.SECONDS);
  }

  private static int readyReplicas(@Nullable StatefulSet set) {
    return set == null || set.getStatus() == null || set.getStatus().getReadyReplicas() == null
        ? 0
        : set.getStatus().getReadyReplicas();
  }

  /** Whether all replicas that are wanted are ready. */
  boolean isWhole() {
    return ready >= queue.getSpec().replicas();
  }

  /** Whether a majority serves; while a queue grows, of those that it has had until then. */
  boolean serves() {
    return ready > made / 2;
  }

  /** Whether {@code queue} says that it doesn't serve as its data is lost. */
  static boolean saysDataLost(QueueCluster queue) {
    return queue.getStatus() != null
        && queue.getStatus().conditions().stream()
            .anyMatch(each -> DATA_LOST.equals(each.reason()) && each.status() == Truth.False);
  }

  QueueClusterStatus status() {
    List<Condition> conditions = new ArrayList<>();
    conditions.add(ready());
    if (queue.getSpec().replicas() > 1) {
      conditions.add(spread());
    }
    return new QueueClusterStatus(ready, queue.getMetadata().getGeneration(), conditions);
  }

  /** Those of {@code next} that somebody should be told of, as {@code last} does not say so yet. */
  static List<Condition> news(QueueClusterStatus next, @Nullable QueueClusterStatus last) {
    List<String> said =
        last == null ? List.of() : last.conditions().stream().map(Condition::message).toList();
    return next.conditions().stream()
        .filter(condition -> !WELL.contains(condition.reason()))
        .filter(condition -> !said.contains(condition.message()))
        .toList();
  }

  private Condition ready() {
    boolean serves = serves();
    Pod troubled = isWhole() ? null : troubled();
    Worker.Trouble trouble = troubled == null ? null : trouble(troubled);
    String reason = trouble == null ? serves ? SERVING : STARTING : trouble.reason();
    return condition("Ready", serves, reason, message(serves, troubled, trouble));
  }

  private String message(boolean serves, @Nullable Pod troubled, Worker.@Nullable Trouble trouble) {
    if (isWhole()) {
      return SERVING;
    }
    String state = serves ? SERVING : trouble == null ? STARTING : "Pending";
    if (queue.getSpec().replicas() == 1) {
      return trouble == null ? state : state + ": queue " + trouble.words();
    }
    String counted =
        "%s with %d of %d replicas".formatted(state, ready, queue.getSpec().replicas());
    return troubled == null || trouble == null
        ? counted
        : counted + ": " + troubled.getMetadata().getName() + " " + trouble.words();
  }

  private @Nullable Pod troubled() {
    return pods.stream().filter(pod -> trouble(pod) != null).findFirst().orElse(null);
  }

  private Worker.@Nullable Trouble trouble(Pod pod) {
    return dataSince != null && QueueObjects.hasFoundNoData(pod, dataSince)
        ? new Worker.Trouble(DATA_LOST, loss(dataSince))
        : PodTrouble.of(pod, QueueObjects.CONTAINER);
  }

  private String loss(Instant since) {
    return "has an empty volume, though there is data since %s: bring the volume back, or restore a copy; or begin anew without jobs, results and shared objects, kubectl -n %s delete configmap/%s (docs/operations.md)"
        .formatted(
            since,
            queue.getMetadata().getNamespace(),
            QueueNames.data(queue.getMetadata().getName()));
  }

  /** Whether each has a node of its own, as far as they have nodes. */
  private Condition spread() {
    Map<String, List<String>> byNode = new TreeMap<>();
    for (Pod pod : pods) {
      String node = pod.getSpec().getNodeName();
      if (node != null) {
        byNode.computeIfAbsent(node, any -> new ArrayList<>()).add(pod.getMetadata().getName());
      }
    }
    return byNode.entrySet().stream()
        .filter(node -> node.getValue().size() > 1)
        .findFirst()
        .map(
            node ->
                condition(
                    "Spread",
                    false,
                    "NodeShared",
                    "%s share node %s: if it is lost, so is the majority. Where another node has room, delete one of these pods, and its claim if its volume can't follow"
                        .formatted(String.join(" and ", node.getValue()), node.getKey())))
        .orElseGet(() -> condition("Spread", true, APART, "No two replicas share a node"));
  }

  private Condition condition(String type, boolean is, String reason, String message) {
    Condition next =
        new Condition(
            type,
            is ? Truth.True : Truth.False,
            queue.getMetadata().getGeneration(),
            now.toString(),
            reason,
            message);
    return queue.getStatus() == null
        ? next
        : Conditions.since(next, queue.getStatus().conditions());
  }
}
