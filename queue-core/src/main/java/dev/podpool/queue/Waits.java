package dev.podpool.queue;

import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.WaiterSnapshot;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Everybody who waits at a shared object, until they are answered, once, or their session ends. */
final class Waits {

  private final Sessions sessions;
  private final LinkedHashMap<Long, TreeMap<Long, Waiter>> bySession = new LinkedHashMap<>();
  // Those that may be called off.
  private final LinkedHashMap<Name, Waiter> byName = new LinkedHashMap<>();
  private final Timers<Waiter> timers =
      new Timers<>(
          waiter -> waiter.deadlineMillis,
          Comparator.<Waiter>comparingLong(waiter -> waiter.session)
              .thenComparingLong(waiter -> waiter.sequence));
  private long nowMillis;
  private @Nullable Effects entryEffects;

  /** What a session calls one of its waits. */
  private record Name(long session, long number) {
    static Name of(Waiter waiter) {
      return new Name(waiter.session, waiter.operation.getWait());
    }
  }

  Waits(Sessions sessions) {
    this.sessions = sessions;
  }

  /** The time and the effects of the entry that is being applied; answers who is too late. */
  void startEntry(long entryMillis, Effects effects) {
    nowMillis = entryMillis;
    entryEffects = effects;
    while (timers.isDue(nowMillis)) {
      Waiter late = timers.take();
      late.deadlineMillis = 0;
      late.at.timedOut(late);
    }
  }

  /**
   * {@code sequence} of {@code session} waits from now on, last in {@code line}.
   *
   * @param timeoutMillis 0: as long as it takes
   */
  Waiter add(
      SharedObject at,
      Line line,
      long session,
      long sequence,
      Operation operation,
      long timeoutMillis) {
    long deadline = timeoutMillis > 0 ? Timers.later(nowMillis, timeoutMillis) : 0;
    Waiter waiter = new Waiter(session, sequence, operation, at, line, deadline);
    enter(waiter);
    return waiter;
  }

  private void enter(Waiter waiter) {
    waiter.line.add(waiter);
    bySession.computeIfAbsent(waiter.session, any -> new TreeMap<>()).put(waiter.sequence, waiter);
    timers.add(waiter);
    if (waiter.operation.getWait() != 0) {
      byName.put(Name.of(waiter), waiter);
    }
  }

  /** Waits elsewhere from now on, last in {@code line}, without a deadline. */
  void move(Waiter waiter, SharedObject to, Line line) {
    timers.remove(waiter);
    waiter.deadlineMillis = 0;
    waiter.line.remove(waiter);
    waiter.at = to;
    waiter.line = line;
    line.add(waiter);
  }

  /** Ends the wait of {@code waiter} with {@code reply}. */
  void answer(Waiter waiter, Reply.Builder reply) {
    leave(waiter);
    SessionState session = sessions.find(waiter.session);
    if (session != null) {
      Reply late = reply.setSequence(waiter.sequence).build();
      session.keepWake(late);
      Objects.requireNonNull(entryEffects).reply(session.id, late);
    }
  }

  void refuse(Waiter waiter, Refusal refusal) {
    answer(waiter, Reply.newBuilder().setRefusal(refusal));
  }

  private void leave(Waiter waiter) {
    timers.remove(waiter);
    waiter.line.remove(waiter);
    TreeMap<Long, Waiter> its = bySession.get(waiter.session);
    if (its != null && its.remove(waiter.sequence) != null && its.isEmpty()) {
      bySession.remove(waiter.session);
    }
    byName.remove(Name.of(waiter), waiter);
  }

  /** What {@code session} calls {@code wait} no longer waits, if it still does. */
  void cancel(long session, long wait) {
    Waiter waiter = byName.get(new Name(session, wait));
    if (waiter != null) {
      waiter.at.calledOff(waiter);
    }
  }

  /** Why {@code operation} of {@code session} can't wait; null where it can. */
  @Nullable Refusal check(long session, Operation operation) {
    if (operation.getWait() != 0 && byName.containsKey(new Name(session, operation.getWait()))) {
      return Refusals.invalid(
          "wait "
              + Long.toUnsignedString(operation.getWait())
              + " waits already; name each otherwise");
    }
    TreeMap<Long, Waiter> its = bySession.get(session);
    return its == null || its.size() < SessionState.WAITS_MAX
        ? null
        : Refusals.tooManyWaits("at shared objects");
  }

  /** Whether {@code session} waits at any object. */
  boolean isWaiting(long session) {
    return bySession.containsKey(session);
  }

  /** Whether nothing is kept of anybody who waits; for the invariants. */
  boolean isEmpty() {
    return bySession.isEmpty() && byName.isEmpty() && timers.nextMillis() == Long.MAX_VALUE;
  }

  /** Its waits end unanswered. */
  void endSession(long session) {
    TreeMap<Long, Waiter> its = bySession.get(session);
    if (its != null) {
      List<Waiter> all = List.copyOf(its.values());
      // All first: what one of them leaves must not go to another of the same session.
      all.forEach(this::leave);
      all.forEach(waiter -> waiter.at.left(waiter));
    }
  }

  long nextDeadlineMillis() {
    return timers.nextMillis();
  }

  // ---- snapshot

  static WaiterSnapshot snapshot(Waiter waiter, int line) {
    return WaiterSnapshot.newBuilder()
        .setLine(line)
        .setSession(waiter.session)
        .setSequence(waiter.sequence)
        .setDeadlineMillis(waiter.deadlineMillis)
        .setOperation(waiter.operation)
        .setDone(waiter.done)
        .setSignalled(waiter.signalled)
        .build();
  }

  void restore(WaiterSnapshot from, SharedObject at, Line line) {
    Waiter waiter =
        new Waiter(
            from.getSession(),
            from.getSequence(),
            from.getOperation(),
            at,
            line,
            from.getDeadlineMillis());
    waiter.done = from.getDone();
    waiter.signalled = from.getSignalled();
    enter(waiter);
  }
}
