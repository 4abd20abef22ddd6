package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.Operation;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a session may send must be answered, in good time, and never thrown at. */
class HostileOperationsTest {

  private static final long[] NUMBERS = {
    0, 1, 2, 3, 5, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
  };

  private static final List<ObjectRef> OBJECTS =
      List.of(
          DataScript.LOCK,
          DataScript.MAP,
          DataScript.LIST,
          DataScript.VALUE,
          DataScript.ARRAY,
          Messages.QUEUE,
          Messages.PIPE);

  private static final Blob BLOB = TestPayloads.blob("blob", 3);

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void operationsMadeOfAnythingAreAppliedWithoutAnError(long seed) {
    var random = new SplittableRandom(seed);
    var queue = new QueueScript().unchecked();
    for (int step = 0; step < 5_000; step++) {
      if (step % 50 == 0) {
        queue.client("client" + step);
        queue.send("client" + step, Operation.newBuilder().setDefinePool(Workload.pool()));
        queue.openWorker("worker", 2, "worker" + step);
        queue.put("client" + step, BLOB, 0, (int) BLOB.getSizeBytes());
        queue.submit(
            "client" + step, QueueScript.job("job", "a", TestPayloads.word(BLOB), "c", "d"));
        queue.submit("client" + step, QueueScript.job("endless", "e").setDiscardConfirmed(true));
        for (ObjectRef ref : OBJECTS.subList(0, 5)) {
          queue.send(
              "client" + step,
              Operation.newBuilder()
                  .setOpenObject(
                      OpenObject.newBuilder()
                          .setObject(ref)
                          .setSpec(DataScript.spec(ref.getKind()))));
        }
        queue.send("client" + step, Messages.openQueue(3, true));
        queue.send("client" + step, Messages.openPipe(true));
        queue.send("client" + step, Messages.hold(1));
        queue.send("worker", Messages.hold(2));
      }
      String sender = random.nextBoolean() ? "worker" : "client" + step / 50 * 50;
      Operation operation = (Operation) anything(Operation.newBuilder(), random, 0);
      long sequence = ++queue.party(sender).sequence;
      try {
        queue.apply(
            Entry.newBuilder()
                .addBatches(
                    Batch.newBuilder()
                        .setSession(queue.party(sender).session)
                        .setFirstSequence(sequence)
                        .addOperations(operation)
                        .setConfirmed(NUMBERS[random.nextInt(NUMBERS.length)])
                        .addConfirmedWakes(NUMBERS[random.nextInt(NUMBERS.length)])));
        if (step % 20 == 0) {
          Invariants.check(queue.machine);
          assertThat(QueueMachine.restore(queue.machine.snapshot()).stateHash())
              .isEqualTo(queue.machine.stateHash());
        }
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("applying " + operation, e);
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void operationsOnSynchronizersMadeOfAnythingAreAppliedWithoutAnError(long seed) {
    var random = new SplittableRandom(seed);
    var queue = new QueueScript().unchecked();
    for (int step = 0; step < 5_000; step++) {
      if (step % 100 == 0) {
        queue.client("client" + step);
        if (step >= 300) {
          queue.expire("client" + (step - 300));
        }
      }
      int newest = step / 100;
      String sender = "client" + 100 * (newest - random.nextInt(Math.min(3, newest + 1)));
      if (step % 25 == 0) {
        Synchronizers.openAll().forEach(open -> queue.send(sender, open));
        queue.passMillis(1);
      }
      Operation operation = onSynchronizers(random);
      try {
        queue.send(sender, operation.toBuilder());
        if (step % 20 == 0) {
          assertThat(QueueMachine.restore(queue.machine.snapshot()).stateHash())
              .isEqualTo(queue.machine.stateHash());
        }
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("applying " + operation, e);
      }
    }
  }

  /** With any number; on objects that are there, some of another kind than it is for. */
  private static Operation onSynchronizers(SplittableRandom random) {
    List<Operation.Builder> all =
        Synchronizers.anything(
            () -> random.nextBoolean() ? random.nextInt(9) : NUMBERS[random.nextInt(10)],
            random.nextBoolean());
    Operation.Builder operation = all.get(random.nextInt(all.size()));
    for (FieldDescriptor kind : List.copyOf(operation.getAllFields().keySet())) {
      FieldDescriptor ref =
          kind.getMessageType().getFields().stream()
              .filter(field -> field.getJavaType() == FieldDescriptor.JavaType.MESSAGE)
              .filter(field -> field.getMessageType() == ObjectRef.getDescriptor())
              .findFirst()
              .orElse(null);
      if (ref != null && random.nextInt(4) == 0) {
        Message of = (Message) operation.getField(kind);
        ObjectKind other = ObjectKind.forNumber(random.nextInt(12));
        operation.setField(kind, of.toBuilder().setField(ref, Synchronizers.ref(other)).build());
      }
    }
    return operation.setWait(random.nextInt(5)).build();
  }

  /** A message with random fields, among them the ids, names and numbers that exist. */
  private static Message anything(Message.Builder message, SplittableRandom random, int depth) {
    List<FieldDescriptor> fields = message.getDescriptorForType().getFields();
    if (message instanceof Operation.Builder builder) {
      List<FieldDescriptor> kinds =
          fields.stream().filter(field -> field.getContainingOneof() != null).toList();
      FieldDescriptor kind = kinds.get(random.nextInt(kinds.size()));
      Message content = anything(message.newBuilderForField(kind), random, 1);
      return builder.setWait(random.nextInt(3)).setField(kind, content).build();
    }
    if (message instanceof ObjectRef.Builder && random.nextInt(4) > 0) {
      return OBJECTS.get(random.nextInt(OBJECTS.size()));
    }
    for (FieldDescriptor field : fields) {
      if (random.nextInt(3) == 0 || depth > 6) {
        continue;
      }
      if (field.isRepeated()) {
        for (int count = random.nextInt(3); count > 0; count--) {
          message.addRepeatedField(field, value(message, field, random, depth));
        }
      } else {
        message.setField(field, value(message, field, random, depth));
      }
    }
    return message.build();
  }

  private static Object value(
      Message.Builder message, FieldDescriptor field, SplittableRandom random, int depth) {
    long number =
        random.nextBoolean() ? random.nextInt(6) : NUMBERS[random.nextInt(NUMBERS.length)];
    return switch (field.getJavaType()) {
      case INT -> (int) number;
      case LONG -> number;
      case BOOLEAN -> random.nextBoolean();
      case FLOAT -> (float) number;
      case DOUBLE -> (double) number;
      case STRING -> List.of("", QueueScript.POOL, "worker", "??").get(random.nextInt(4));
      case BYTE_STRING ->
          List.of(
                  ByteString.EMPTY,
                  TestPayloads.id("job"),
                  TestPayloads.id("job"),
                  TestPayloads.id("endless"),
                  TestPayloads.of("x").getData(),
                  TestPayloads.of("x", "y").getData(),
                  BLOB.getSha256(),
                  TestPayloads.of("x", TestPayloads.word(BLOB)).getData())
              .get(random.nextInt(8));
      case ENUM ->
          field
              .getEnumType()
              .getValues()
              .get(random.nextInt(field.getEnumType().getValues().size()));
      case MESSAGE ->
          field.getMessageType() == ObjectRef.getDescriptor() && random.nextBoolean()
              ? OBJECTS.get(random.nextInt(OBJECTS.size()))
              : anything(message.newBuilderForField(field), random, depth + 1);
    };
  }
}
