package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ArraySpec;
import dev.podpool.protocol.BarrierSpec;
import dev.podpool.protocol.ConditionSpec;
import dev.podpool.protocol.EventSpec;
import dev.podpool.protocol.ListSpec;
import dev.podpool.protocol.LockSpec;
import dev.podpool.protocol.MapSpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PipeSpec;
import dev.podpool.protocol.QueueSpec;
import dev.podpool.protocol.SemaphoreSpec;
import dev.podpool.protocol.ValueSpec;
import java.util.Arrays;
import java.util.stream.Stream;

/** One shared object of each kind. */
final class Specs {

  static final String NAME = "basket";

  private Specs() {}

  static Stream<ObjectKind> kinds() {
    return Arrays.stream(ObjectKind.values())
        .filter(
            kind -> kind != ObjectKind.OBJECT_KIND_UNSPECIFIED && kind != ObjectKind.UNRECOGNIZED);
  }

  static ObjectRef named(ObjectKind kind) {
    return ObjectRef.newBuilder().setKind(kind).setName(NAME).build();
  }

  static ObjectRef anonymous(ObjectKind kind) {
    return ObjectRef.newBuilder().setKind(kind).setId(TestPayloads.id(kind.name())).build();
  }

  static ObjectSpec.Builder of(ObjectKind kind) {
    ObjectSpec.Builder spec = ObjectSpec.newBuilder();
    switch (kind) {
      case LOCK -> spec.setLock(LockSpec.getDefaultInstance());
      case SEMAPHORE -> spec.setSemaphore(SemaphoreSpec.newBuilder().setPermits(1));
      case EVENT -> spec.setEvent(EventSpec.getDefaultInstance());
      case CONDITION ->
          spec.setCondition(ConditionSpec.newBuilder().setLock(named(ObjectKind.LOCK)));
      case BARRIER -> spec.setBarrier(BarrierSpec.newBuilder().setParties(2));
      case QUEUE -> spec.setQueue(QueueSpec.getDefaultInstance());
      case PIPE -> spec.setPipe(PipeSpec.newBuilder().setDuplex(true));
      case MAP -> spec.setMap(MapSpec.getDefaultInstance());
      case LIST -> spec.setList(ListSpec.getDefaultInstance());
      case VALUE -> spec.setValue(ValueSpec.newBuilder().setInitial(ByteString.copyFromUtf8("0")));
      case ARRAY ->
          spec.setArray(
              ArraySpec.newBuilder().setLength(3).setInitial(ByteString.copyFromUtf8("0")));
      default -> throw new AssertionError("no kind of object: " + kind);
    }
    return spec;
  }

  static Operation.Builder open(ObjectRef ref, ObjectSpec.Builder spec) {
    return Operation.newBuilder()
        .setOpenObject(OpenObject.newBuilder().setObject(ref).setSpec(spec));
  }
}
