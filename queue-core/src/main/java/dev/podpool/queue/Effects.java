package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;

/**
 * What must happen outside because an entry was applied. Comes out of every replica alike; only the
 * leader performs it.
 */
public interface Effects {

  /**
   * The session asked for with {@code nonce} is open, or refused ({@code reply} has sequence 0).
   */
  void opened(ByteString nonce, Reply reply);

  /** All of {@code session}'s operations up to {@code sequence} have been applied. */
  void applied(long session, long sequence);

  /**
   * Of what {@code session} has sent, all behind what {@code applied} says next was left where it
   * was: the session must confirm what it has been answered, and send the rest again.
   */
  void heldBack(long session);

  /** An answer that says more than "done". Comes before the {@code applied} that covers it. */
  void reply(long session, Reply reply);

  /** Something for the session. */
  void deliver(long session, Delivery delivery);

  /**
   * A piece of {@code blob} is there, the next: to be kept beside the log. Unlike the other
   * effects, every replica performs this and {@link #blobForgotten}.
   */
  void blobWritten(Blob blob, long offsetBytes, ByteString data);

  /** Nothing refers to {@code blob} any more: its bytes may go. */
  void blobForgotten(Blob blob);

  /** The session is over; nothing more comes for it. */
  void ended(long session, Refusal reason);
}
