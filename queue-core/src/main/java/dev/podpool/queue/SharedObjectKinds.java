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
          case SEMAPHORE -> spec.hasSemaphore();
          case EVENT -> spec.hasEvent();
          case CONDITION -> spec.hasCondition();
          case BARRIER -> spec.hasBarrier();
          case MAP -> spec.hasMap();
          case LIST -> spec.hasList();
          case VALUE -> spec.hasValue();
          case ARRAY -> spec.hasArray();
          case QUEUE -> spec.hasQueue();
          case PIPE -> spec.hasPipe();
          default -> false;
        };
    if (!fits) {
      return Refusals.invalid("a " + ref.getKind() + " that is made as " + spec.getKindCase());
    }
    return switch (spec.getKindCase()) {
      case SEMAPHORE -> SemaphoreState.check(spec.getSemaphore());
      case CONDITION -> ConditionState.check(spec.getCondition(), objects);
      case BARRIER -> BarrierState.check(spec.getBarrier());
      case VALUE, ARRAY -> {
        Refusal refusal = ArrayState.check(spec);
        yield refusal != null
            ? refusal
            : objects.checkRoom("a new " + ref.getKind(), ArrayState.bytesOf(spec));
      }
      default -> null;
    };
  }

  /** Empty, as {@code spec} says, which {@link #check} has found in order. */
  static SharedObject make(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    return switch (spec.getKindCase()) {
      case LOCK -> new LockState(number, ref, spec, objects);
      case SEMAPHORE -> new SemaphoreState(number, ref, spec, objects);
      case EVENT -> new EventState(number, ref, spec, objects);
      case CONDITION -> new ConditionState(number, ref, spec, objects);
      case BARRIER -> new BarrierState(number, ref, spec, objects);
      case MAP -> new MapState(number, ref, spec, objects);
      case LIST -> new ListState(number, ref, spec, objects);
      case VALUE, ARRAY -> new ArrayState(number, ref, spec, objects);
      case QUEUE -> new QueueState(number, ref, spec, objects);
      case PIPE -> new PipeState(number, ref, spec, objects);
      default -> throw new IllegalStateException("no kind of object: " + spec.getKindCase());
    };
  }
}
