package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import java.util.ArrayList;
import java.util.List;

/** Effects kept in memory, in order; two lists of equal effects are equal. */
final class Recorded implements Effects {

  sealed interface Effect {}

  record Opened(ByteString nonce, Reply reply) implements Effect {}

  record Applied(long session, long sequence) implements Effect {}

  record HeldBack(long session) implements Effect {}

  record Replied(long session, Reply reply) implements Effect {}

  record Delivered(long session, Delivery delivery) implements Effect {}

  record Written(Blob blob, long offsetBytes, ByteString data) implements Effect {}

  record Forgotten(Blob blob) implements Effect {}

  record Finished(long session, Refusal reason) implements Effect {}

  final List<Effect> all = new ArrayList<>();

  @Override
  public void opened(ByteString nonce, Reply reply) {
    all.add(new Opened(nonce, reply));
  }

  @Override
  public void applied(long session, long sequence) {
    all.add(new Applied(session, sequence));
  }

  @Override
  public void heldBack(long session) {
    all.add(new HeldBack(session));
  }

  @Override
  public void reply(long session, Reply reply) {
    all.add(new Replied(session, reply));
  }

  @Override
  public void deliver(long session, Delivery delivery) {
    all.add(new Delivered(session, delivery));
  }

  @Override
  public void blobWritten(Blob blob, long offsetBytes, ByteString data) {
    all.add(new Written(blob, offsetBytes, data));
  }

  @Override
  public void blobForgotten(Blob blob) {
    all.add(new Forgotten(blob));
  }

  @Override
  public void ended(long session, Refusal reason) {
    all.add(new Finished(session, reason));
  }
}
