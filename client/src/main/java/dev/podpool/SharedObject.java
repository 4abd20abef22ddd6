package dev.podpool;

import dev.podpool.function.internal.Referenced;
import dev.podpool.protocol.DeleteObject;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.StatusQuery;
import dev.podpool.session.RandomId;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Something that processes share, wherever they run: it lives in the queue, and this is a handle to
 * it. A handle is an ordinary argument of a function or a process, and arrives there working. One
 * that is given to a pool, a process or a shared object of another queue is refused with an {@link
 * dev.podpool.function.EncodeException}. All are thread-safe.
 *
 * <p>One with a name is the same for everybody who asks for that name, and stays until it is
 * {@linkplain #delete deleted}. One without a name is known by those who were given it; it goes ten
 * minutes after the last process that knows it. {@link #keepFor} says otherwise of either.
 *
 * <p>All methods throw {@link NotFoundException} if the object was deleted, and {@link
 * UnreachableException} if the queue is given up.
 */
@Referenced.ResolvedBy(ObjectResolver.class)
public abstract class SharedObject implements Referenced {

  private final ObjectLink link;
  private volatile OpenObject open; // its time to live may change

  /** Opens it; makes it where there is none. */
  SharedObject(ObjectLink link, ObjectRef ref, @Nullable ObjectSpec spec) {
    this.link = link;
    OpenObject.Builder opening = OpenObject.newBuilder().setObject(ref);
    if (spec != null) {
      opening.setSpec(spec);
    }
    open = opening.build();
    link.open(open);
  }

  /** Another handle to what is open already. */
  SharedObject(SharedObject same) {
    link = same.link;
    open = same.open;
  }

  /** The object of that name; null: one that has none yet. */
  static ObjectRef ref(ObjectKind kind, @Nullable String name) {
    ObjectRef.Builder ref = ObjectRef.newBuilder().setKind(kind);
    return (name == null ? ref.setId(RandomId.next()) : ref.setName(name)).build();
  }

  final ObjectLink link() {
    return link;
  }

  final ObjectRef ref() {
    return open.getObject();
  }

  final ObjectStatus status() {
    return link.read(query().setStatus(StatusQuery.getDefaultInstance()).build()).getObject();
  }

  /**
   * {@code lock}, if its tokens are of this object's queue: those of another mean nothing there.
   *
   * @throws IllegalArgumentException if it is of another connection
   */
  final SharedLock ofThisConnection(SharedLock lock) {
    return link.own(lock, this);
  }

  final ObjectQuery.Builder query() {
    return ObjectQuery.newBuilder().setObject(ref());
  }

  /**
   * As an operation's time-out, rounded up, and 292 years at most: 0 would be none, and less than
   * none is not at all.
   */
  static long timeoutMillis(long time, TimeUnit unit) {
    long nanos = unit.toNanos(time);
    return nanos <= 0 ? -1 : (nanos - 1) / 1_000_000 + 1;
  }

  /** {@link #timeoutMillis(long, TimeUnit)}. */
  static long timeoutMillis(Duration timeout) {
    return timeoutMillis(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
  }

  /** Of no use here any more: a session that follows this one does not open it. */
  final void forget() {
    link.forget(open);
  }

  /** What it travels as; not for users. */
  @Override
  public final String reference() {
    return ObjectResolver.reference(link, ObjectResolver.reference(ref()));
  }

  /** Its name; null where it has none. */
  public final @Nullable String name() {
    return ref().getName().isEmpty() ? null : ref().getName();
  }

  /**
   * Has it go when no process has known it for that long: none that has asked for its name or was
   * given a handle, and has not ended. It is measured by the queue, and stands still while that is
   * away. What was said last counts, whoever says it; others ask for the object as before.
   *
   * @param afterTheLast is rounded up to milliseconds
   * @throws IllegalArgumentException if it is not above 0
   */
  public final void keepFor(Duration afterTheLast) {
    if (afterTheLast.isZero() || afterTheLast.isNegative()) {
      throw new IllegalArgumentException(
          this + " is to be kept for " + afterTheLast + "; give more than 0, or delete() it");
    }
    long millis = timeoutMillis(afterTheLast);
    Reply reply =
        link.call(
            Operation.newBuilder()
                .setOpenObject(OpenObject.newBuilder().setObject(ref()).setTimeToLiveMillis(millis))
                .build());
    if (reply.hasRefusal()) {
      throw ObjectLink.exception(reply);
    }
    OpenObject before = open;
    if (before.hasSpec()) {
      // Where it has gone when a session begins that follows this one, it is made so again.
      OpenObject.Builder again = before.toBuilder();
      again.getSpecBuilder().setTimeToLiveMillis(millis);
      open = again.build();
      link.replace(before, open);
    }
  }

  /** Ends it for everybody. Whoever waits at it is told. Again: does nothing. */
  public final void delete() {
    forget();
    Reply reply =
        link.call(
            Operation.newBuilder()
                .setDeleteObject(DeleteObject.newBuilder().setObject(ref()))
                .build());
    if (reply.hasRefusal()) {
      throw ObjectLink.exception(reply);
    }
  }

  /** Whether it is a handle to the same object. */
  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof SharedObject object && object.ref().equals(ref());
  }

  @Override
  public final int hashCode() {
    return ref().hashCode();
  }

  @Override
  public String toString() {
    String name = name();
    return ref().getKind().name().toLowerCase(Locale.ROOT)
        + " "
        + (name == null ? HexFormat.of().formatHex(ref().getId().toByteArray()) : name);
  }
}
