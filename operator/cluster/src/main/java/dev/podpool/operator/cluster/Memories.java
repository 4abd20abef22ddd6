package dev.podpool.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What is remembered of each object: of the one that has the name now, and no other. */
final class Memories<M> {

  private record Known<M>(String uid, M memory) {}

  private final Map<ResourceID, Known<M>> objects = new ConcurrentHashMap<>();
  private final Supplier<M> nothing;

  /** Remembers {@code nothing} of what it does not know. */
  Memories(Supplier<M> nothing) {
    this.nothing = nothing;
  }

  /** What is remembered of {@code object}; nothing if it is new, or another of its name was. */
  M of(HasMetadata object) {
    String uid = object.getMetadata().getUid();
    Known<M> known =
        objects.compute(
            ResourceID.fromResource(object),
            (id, before) ->
                before != null && before.uid().equals(uid)
                    ? before
                    : new Known<>(uid, nothing.get()));
    return known.memory();
  }

  /** {@code object} is gone. */
  void forget(HasMetadata object) {
    objects.computeIfPresent(
        ResourceID.fromResource(object),
        (id, known) -> known.uid().equals(object.getMetadata().getUid()) ? null : known);
  }
}
