package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.WaiterSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One object that sessions share; a subclass for each kind, which has all of its rules. Who waits
 * stands in one of its lines, in the order of arrival.
 */
abstract class SharedObject {

  /** What an entry or element counts beside its bytes: about what it takes in memory. */
  static final int ELEMENT_BYTES = 64;

  final long number;
  final ObjectRef ref;
  ObjectSpec spec; // only its time to live changes
  // That have opened it.
  final TreeSet<Long> sessions = new TreeSet<>();
  // When it is forgotten, where no session has opened it; 0: never.
  long dueAtMillis;
  final SharedObjects objects;
  private final List<Line> lines = new ArrayList<>();
  private long bytes;

  SharedObject(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    this.number = number;
    this.ref = ref;
    this.spec = spec;
    this.objects = objects;
  }

  /** A line of its own, for the constructor of a subclass: always in the same order. */
  final Line line() {
    return add(new Line());
  }

  /** As {@link #line}, of waiters that get an item each. */
  final Takers takers() {
    return add(new Takers(objects.sessions()));
  }

  private <L extends Line> L add(L line) {
    lines.add(line);
    return line;
  }

  /** Its operation: who sent what. */
  record Call(SessionState session, long sequence, Operation operation) {}

  /**
   * What an operation on this object does. One that can wait is answered here or {@link #await}s;
   * any other is refused, answered, or done.
   *
   * @return null: done, or waiting
   */
  abstract Reply.@Nullable Builder apply(Call call);

  /**
   * {@code waiter} stands in none of the lines any more, and has got nothing: it has given up, or
   * its session has ended. Those behind it may go on.
   */
  void left(Waiter waiter) {}

  /** The time of {@code waiter} has passed. */
  void timedOut(Waiter waiter) {
    objects.waits().refuse(waiter, timedOut());
    left(waiter);
  }

  /** Its session no longer wants what {@code waiter} waits for. */
  void calledOff(Waiter waiter) {
    objects
        .waits()
        .refuse(
            waiter,
            Refusals.of(ErrorCode.WAIT_CANCELLED, "the wait at " + title() + " was called off"));
    left(waiter);
  }

  /** This was deleted, and all who waited were told. */
  void gone() {}

  /** A session that had opened this has ended: what it held is free. None of its waits is left. */
  void endSession(long session) {}

  /** {@code session} had its fill, and gets items again. */
  void goOn(long session) {}

  /** Says more of it than who waits and has opened it. */
  void status(ObjectStatus.Builder into) {}

  /** Answers what is not about its status; null: it is no question to this kind. */
  @Nullable Refusal read(ObjectQuery query, ReadResponse.Builder into) {
    return Refusals.invalid("a question that a " + kind() + " has no answer to");
  }

  /** What a snapshot keeps beside lines and sessions. */
  abstract void save(ObjectSnapshot.Builder into);

  /** The state that {@link #save} kept. Lines are filled afterwards. */
  abstract void restore(ObjectSnapshot from);

  // ---- for subclasses

  /** The operation waits in {@code line}, unless it does not want to wait: then a refusal. */
  final Reply.@Nullable Builder await(Line line, Call call, long timeoutMillis) {
    if (timeoutMillis < 0) {
      return refused(timedOut());
    }
    Refusal refusal = checkWait(call);
    if (refusal != null) {
      return refused(refusal);
    }
    var unused =
        objects
            .waits()
            .add(this, line, call.session().id, call.sequence(), call.operation(), timeoutMillis);
    return null;
  }

  /** Why it can't wait; null where it can. */
  final @Nullable Refusal checkWait(Call call) {
    return objects.waits().check(call.session().id, call.operation());
  }

  Refusal timedOut() {
    return Refusals.of(
        ErrorCode.TIMED_OUT_WAITING,
        title() + " did not come free in time; wait longer, or look who holds it");
  }

  /** {@code call} is for objects of another kind. */
  final Refusal misdirected(Call call) {
    return Refusals.invalid(
        title() + ": " + call.operation().getKindCase() + " is not for a " + kind());
  }

  /** Why {@code value} can't be kept, whatever room there is; null where it can. */
  final @Nullable Refusal checkValue(ByteString value) {
    return value.size() <= SharedObjects.VALUE_BYTES_MAX
        ? null
        : Refusals.invalid(
            title()
                + ": a value of "
                + value.size()
                + " bytes; at most "
                + SharedObjects.VALUE_BYTES_MAX
                + ": keep it elsewhere, and its path here");
  }

  static Reply.Builder refused(Refusal refusal) {
    return Reply.newBuilder().setRefusal(refusal);
  }

  /** It holds {@code more} bytes than before. */
  final void grow(long more) {
    bytes += more;
    objects.grow(more);
  }

  final long bytes() {
    return bytes;
  }

  /** For people: "lock 'basket'". */
  final String title() {
    return kind() + (ref.getName().isEmpty() ? " without a name" : " '" + ref.getName() + "'");
  }

  private String kind() {
    return ref.getKind().name().toLowerCase(Locale.ROOT);
  }

  // ---- for SharedObjects

  /** Everybody who waits is told that it is gone. */
  final void deleted() {
    Refusal gone =
        Refusals.of(ErrorCode.OBJECT_DELETED, title() + " was deleted while you waited at it");
    for (Line line : lines) {
      for (Waiter waiter = line.first(); waiter != null; waiter = line.first()) {
        objects.waits().refuse(waiter, gone);
      }
    }
    grow(-bytes);
    gone();
  }

  final ObjectStatus status() {
    ObjectStatus.Builder into =
        ObjectStatus.newBuilder()
            .setObject(ref)
            .setNumber(number)
            .setSpec(spec)
            .setSessions(sessions.size())
            .setWaiting(lines.stream().mapToInt(Line::size).sum());
    status(into);
    return into.build();
  }

  final ObjectSnapshot snapshot() {
    ObjectSnapshot.Builder into =
        ObjectSnapshot.newBuilder()
            .setNumber(number)
            .setObject(ref)
            .setSpec(spec)
            .addAllSessions(sessions)
            .setDueAtMillis(dueAtMillis);
    save(into);
    for (int line = 0; line < lines.size(); line++) {
      for (Waiter waiter : lines.get(line).all()) {
        into.addWaiters(Waits.snapshot(waiter, line));
      }
    }
    return into.build();
  }

  final void restoreLines(ObjectSnapshot from) {
    for (WaiterSnapshot waiter : from.getWaitersList()) {
      objects.waits().restore(waiter, this, lines.get(waiter.getLine()));
    }
  }
}
