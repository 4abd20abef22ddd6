package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Says that a queue has had data, and since when: a pod of it that finds its volume empty, and no
 * other replica that has the data, doesn't begin anew then. Made when the queue is ready for the
 * first time; goes with the QueueCluster. Whoever deletes it while the queue isn't ready accepts
 * that the data is lost.
 */
final class DataMark {

  /** The key that says since when. */
  static final String SINCE = "since";

  private DataMark() {}

  /** Of a queue that is ready {@code now}. */
  static ConfigMap of(QueueCluster queue, Instant now) {
    String name = queue.getMetadata().getName();
    return new ConfigMapBuilder()
        .withMetadata(QueueObjects.metadata(queue, QueueNames.data(name)))
        .addToData(SINCE, now.truncatedTo(ChronoUnit.SECONDS).toString())
        .addToData(
            "about",
            "Queue %s has data since then, so its pods don't begin anew on an empty volume."
                    .formatted(name)
                + " Deleting this while the queue isn't ready accepts that the data is lost.")
        .build();
  }

  /** Since when {@code queue} has data, as one of {@code parts} says; null if none does. */
  static @Nullable Instant since(QueueCluster queue, Stream<ConfigMap> parts) {
    return find(queue, parts).map(DataMark::since).orElse(null);
  }

  private static Optional<ConfigMap> find(QueueCluster queue, Stream<ConfigMap> parts) {
    String name = QueueNames.data(queue.getMetadata().getName());
    return parts
        .filter(part -> part.getMetadata().getName().equals(name))
        // That of a queue that had its name may not be gone yet; an orphan is whoever's has the
        // name.
        .filter(
            part ->
                part.getMetadata().getOwnerReferences().isEmpty() || Owners.isOwned(part, queue))
        .findFirst();
  }

  private static Instant since(ConfigMap mark) {
    Instant told = told(mark);
    return told == null ? Instant.parse(mark.getMetadata().getCreationTimestamp()) : told;
  }

  /** Null where somebody has edited it. */
  private static @Nullable Instant told(ConfigMap mark) {
    try {
      return Instant.parse(mark.getData() == null ? "" : mark.getData().getOrDefault(SINCE, ""));
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  /**
   * Whether the mark of {@code queue} is among {@code parts}, and no longer says since when: a pod
   * that is told nothing would begin anew.
   */
  static boolean isSilent(QueueCluster queue, Stream<ConfigMap> parts) {
    return find(queue, parts).filter(mark -> told(mark) == null).isPresent();
  }
}
