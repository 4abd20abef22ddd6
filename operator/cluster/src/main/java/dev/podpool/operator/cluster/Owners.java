package dev.podpool.operator.cluster;

import dev.podpool.crd.WorkerPool;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;

/**
 * With whom a pool's pods go.
 *
 * <p>Those of a daemon pool go with the pool: the garbage collector deletes them, whatever they do.
 * Those of another pool belong to an anchor that nobody owns, so that deleting the pool in the
 * foreground can't end what is to be joined first; the anchor goes when the pool is joined.
 */
final class Owners {

  private static final String UID = "pool-uid";

  private Owners() {}

  /** What the pods of a pool that is joined first belong to. */
  static String anchorName(String pool) {
    return pool + "-members";
  }

  static ConfigMap anchor(WorkerPool pool) {
    String name = pool.getMetadata().getName();
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(anchorName(name))
        .withNamespace(pool.getMetadata().getNamespace())
        .withLabels(PodTemplate.labels(name))
        .addToLabels("app.kubernetes.io/component", "anchor")
        .endMetadata()
        .addToData(UID, pool.getMetadata().getUid())
        .addToData(
            "about",
            "The workers of WorkerPool %s belong to this, so that deleting the pool joins it first."
                    .formatted(name)
                + " Deleting this ends them at once.")
        .build();
  }

  /** Whether that is the anchor of {@code pool}, and not of another of its name. */
  static boolean isOf(ConfigMap anchor, WorkerPool pool) {
    return anchor.getData() != null
        && pool.getMetadata().getUid().equals(anchor.getData().get(UID));
  }

  /** Whether {@code part} goes with {@code owner}, and not with another of its name. */
  static boolean isOwned(HasMetadata part, HasMetadata owner) {
    return part.getMetadata().getOwnerReferences().stream()
        .anyMatch(reference -> reference.getUid().equals(owner.getMetadata().getUid()));
  }

  /** A reference to {@code owner}, with which a process goes that it has started. */
  static OwnerReference parent(HasMetadata owner) {
    return new OwnerReferenceBuilder(reference(owner))
        .withController(false)
        .withBlockOwnerDeletion(false)
        .build();
  }

  /** A controller reference to {@code owner}, which waits for it in the foreground. */
  static OwnerReference reference(HasMetadata owner) {
    return new OwnerReferenceBuilder()
        .withApiVersion(owner.getApiVersion())
        .withKind(owner.getKind())
        .withName(owner.getMetadata().getName())
        .withUid(owner.getMetadata().getUid())
        .withController(true)
        .withBlockOwnerDeletion(!(owner instanceof ConfigMap)) // an anchor is deleted last
        .build();
  }
}
