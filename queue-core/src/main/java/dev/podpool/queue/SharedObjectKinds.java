package dev.podpool.queue;

import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.Refusal;
import org.jspecify.annotations.Nullable;

/** Which class has the rules of which kind of shared object. */
final class SharedObjectKinds {

  private SharedObjectKinds() {}

  /** Why {@code spec} can't be that of {@code ref}; null where it can. */
  static @Nullable Refusal check(ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    boolean fits =
        switch (ref.getKind()) {
          case LOCK -> spec.hasLock();
          case QUEUE -> spec.hasQueue();
          case PIPE -> spec.hasPipe();
          default -> false;
        };
    if (!fits) {
      return Refusals.invalid("a " + ref.getKind() + " that is made as " + spec.getKindCase());
    }
    return null;
  }

  /** Empty, as {@code spec} says, which {@link #check} has found in order. */
  static SharedObject make(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    return switch (spec.getKindCase()) {
      case LOCK -> new LockState(number, ref, spec, objects);
      case QUEUE -> new QueueState(number, ref, spec, objects);
      case PIPE -> new PipeState(number, ref, spec, objects);
      default -> throw new IllegalStateException("no kind of object: " + spec.getKindCase());
    };
  }
}
