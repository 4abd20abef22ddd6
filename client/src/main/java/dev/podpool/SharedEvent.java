package dev.podpool;

import dev.podpool.protocol.AwaitEvent;
import dev.podpool.protocol.EventSpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SetEvent;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A flag that processes wait for, as {@code multiprocessing.Event}. Durable: it is what it was set
 * to, whatever ends or restarts.
 */
public final class SharedEvent extends SharedObject {

  static final ObjectSpec SPEC =
      ObjectSpec.newBuilder().setEvent(EventSpec.getDefaultInstance()).build();

  SharedEvent(ObjectLink link, ObjectRef ref, @Nullable ObjectSpec spec) {
    super(link, ref, spec);
  }

  static ObjectRef ref(@Nullable String name) {
    return ref(ObjectKind.EVENT, name);
  }

  /** Whether it is set, now. */
  public boolean isSet() {
    return status().getCount() == 1;
  }

  /** Sets it: all that wait go on, even if it is cleared right after. */
  public void set() {
    change(true);
  }

  /** Clears it: who waits from now on waits until it is set again. */
  public void clear() {
    change(false);
  }

  private void change(boolean set) {
    Reply reply =
        link()
            .call(
                Operation.newBuilder()
                    .setSetEvent(SetEvent.newBuilder().setEvent(ref()).setSet(set))
                    .build());
    if (reply.hasRefusal()) {
      throw ObjectLink.exception(reply);
    }
  }

  /** Waits until it is set; not at all where it is. */
  public void await() throws InterruptedException {
    var unused = await(0);
  }

  /**
   * Waits until it is set.
   *
   * @param atMost is measured by the queue; while that is away, time stands still. 0 or less: only
   *     looks
   * @return false if it was not set in time
   */
  public boolean await(Duration atMost) throws InterruptedException {
    return await(timeoutMillis(atMost));
  }

  private boolean await(long timeoutMillis) throws InterruptedException {
    Reply reply =
        link()
            .await(
                Operation.newBuilder()
                    .setAwaitEvent(
                        AwaitEvent.newBuilder().setEvent(ref()).setTimeoutMillis(timeoutMillis)),
                late -> {});
    return !ObjectLink.isTimedOut(reply);
  }
}
