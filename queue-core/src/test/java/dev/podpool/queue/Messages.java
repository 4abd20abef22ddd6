package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.CloseEnd;
import dev.podpool.protocol.CloseQueue;
import dev.podpool.protocol.ConfirmItem;
import dev.podpool.protocol.ConfirmMessage;
import dev.podpool.protocol.HoldEnd;
import dev.podpool.protocol.JoinQueue;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PipeSpec;
import dev.podpool.protocol.PutItems;
import dev.podpool.protocol.QueueSpec;
import dev.podpool.protocol.ReceiveMessage;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SendMessage;
import dev.podpool.protocol.TakeItem;
import dev.podpool.protocol.TaskDone;

/** What clients say to one queue and one pipe, and how they are answered, in short words. */
final class Messages {

  static final ObjectRef QUEUE =
      ObjectRef.newBuilder().setKind(ObjectKind.QUEUE).setName("orders").build();
  static final ObjectRef PIPE =
      ObjectRef.newBuilder().setKind(ObjectKind.PIPE).setName("wire").build();

  private Messages() {}

  static Operation.Builder openQueue(int itemsMax, boolean joinable) {
    ObjectSpec.Builder spec =
        ObjectSpec.newBuilder()
            .setQueue(QueueSpec.newBuilder().setItemsMax(itemsMax).setJoinable(joinable));
    return Operation.newBuilder()
        .setOpenObject(OpenObject.newBuilder().setObject(QUEUE).setSpec(spec));
  }

  static Operation.Builder put(long timeoutMillis, String... items) {
    PutItems.Builder put = PutItems.newBuilder().setQueue(QUEUE).setTimeoutMillis(timeoutMillis);
    for (String item : items) {
      put.addItems(ByteString.copyFromUtf8(item));
    }
    return Operation.newBuilder().setPutItems(put);
  }

  static Operation.Builder take(long timeoutMillis) {
    return Operation.newBuilder()
        .setTakeItem(TakeItem.newBuilder().setQueue(QUEUE).setTimeoutMillis(timeoutMillis));
  }

  static Operation.Builder confirm(long delivery, boolean returned) {
    return Operation.newBuilder()
        .setConfirmItem(
            ConfirmItem.newBuilder().setQueue(QUEUE).setDelivery(delivery).setReturned(returned));
  }

  static Operation.Builder taskDone(long delivery) {
    return Operation.newBuilder()
        .setTaskDone(TaskDone.newBuilder().setQueue(QUEUE).setDelivery(delivery));
  }

  static Operation.Builder join(long timeoutMillis) {
    return Operation.newBuilder()
        .setJoinQueue(JoinQueue.newBuilder().setQueue(QUEUE).setTimeoutMillis(timeoutMillis));
  }

  static Operation.Builder closeQueue() {
    return Operation.newBuilder().setCloseQueue(CloseQueue.newBuilder().setQueue(QUEUE));
  }

  static Operation.Builder openPipe(boolean duplex) {
    ObjectSpec.Builder spec =
        ObjectSpec.newBuilder().setPipe(PipeSpec.newBuilder().setDuplex(duplex));
    return Operation.newBuilder()
        .setOpenObject(OpenObject.newBuilder().setObject(PIPE).setSpec(spec));
  }

  static Operation.Builder hold(int end) {
    return Operation.newBuilder().setHoldEnd(HoldEnd.newBuilder().setPipe(PIPE).setEnd(end));
  }

  static Operation.Builder closeEnd(int end) {
    return Operation.newBuilder().setCloseEnd(CloseEnd.newBuilder().setPipe(PIPE).setEnd(end));
  }

  static Operation.Builder message(int end, String message) {
    return Operation.newBuilder()
        .setSendMessage(
            SendMessage.newBuilder()
                .setPipe(PIPE)
                .setEnd(end)
                .setMessage(ByteString.copyFromUtf8(message)));
  }

  static Operation.Builder receive(int end, long timeoutMillis) {
    return Operation.newBuilder()
        .setReceiveMessage(
            ReceiveMessage.newBuilder().setPipe(PIPE).setEnd(end).setTimeoutMillis(timeoutMillis));
  }

  static Operation.Builder confirm(int end, long delivery, boolean returned) {
    return Operation.newBuilder()
        .setConfirmMessage(
            ConfirmMessage.newBuilder()
                .setPipe(PIPE)
                .setEnd(end)
                .setDelivery(delivery)
                .setReturned(returned));
  }

  /** "apple 3" for an item and its delivery, "apple 4 again" for one that was delivered before. */
  static String words(Reply reply) {
    return switch (reply.getKindCase()) {
      case REFUSAL -> reply.getRefusal().getCode().name();
      case ITEM_TAKEN ->
          reply.getItemTaken().getItem().toStringUtf8()
              + " "
              + reply.getItemTaken().getDelivery()
              + (reply.getItemTaken().getRedelivered() ? " again" : "");
      case ITEMS_PUT -> "put";
      case QUEUE_JOINED -> "joined";
      default -> reply.getKindCase().name();
    };
  }

  /** Sends {@code operation}: the answer; "" where there is none yet. */
  static String ask(QueueScript script, String client, Operation.Builder operation) {
    script.send(client, operation);
    return answer(script, client);
  }

  /** What the last operation of {@code client} was answered until now. */
  static String answer(QueueScript script, String client) {
    return answer(script, client, script.party(client).sequence);
  }

  static String answer(QueueScript script, String client, long sequence) {
    Reply reply = script.party(client).replies.get(sequence);
    return reply == null ? "" : words(reply);
  }
}
