package dev.podpool.queue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One lock with a condition, one semaphore, one event and one barrier, as simply as can be: who
 * waits where in one list, and searches through it. Says what everybody must be told.
 */
final class SynchronizersModel {

  enum At {
    LOCK,
    SEMAPHORE,
    EVENT,
    CONDITION,
    BARRIER
  }

  /** Which operation of which client, whose sessions were opened in the order of {@code client}. */
  record Op(int client, long sequence, long name) {}

  private static final class Wait {
    final Op op;
    At at;
    long permits;
    long deadline;
    boolean signalled;
    boolean cameFromCondition;

    Wait(Op op, At at, long deadline) {
      this.op = op;
      this.at = at;
      this.deadline = deadline;
    }
  }

  final long initial;
  final boolean bounded;
  final int parties;
  private final List<Wait> waits = new ArrayList<>();
  private final Map<String, String> told = new TreeMap<>();
  long now = 1_000;
  long token;
  private int holder;
  private long lastToken;
  long free;
  long extra;
  // Clients in the order in which they came, one for each permit's first holder.
  private final List<Integer> holders = new ArrayList<>();
  private final Map<Integer, Long> held = new HashMap<>();
  boolean set;
  boolean broken;

  SynchronizersModel(long initial, boolean bounded, int parties) {
    this.initial = initial;
    this.bounded = bounded;
    this.parties = parties;
    free = initial;
  }

  /** What was told since this was last asked: answers by client and sequence. */
  Map<String, String> told() {
    Map<String, String> since = new TreeMap<>(told);
    told.clear();
    return since;
  }

  private void tell(Op op, String answer) {
    if (told.put(op.client() + "/" + op.sequence(), answer) != null) {
      throw new AssertionError("told twice: " + op);
    }
  }

  private Optional<Wait> first(At at) {
    return waits.stream().filter(wait -> wait.at == at).findFirst();
  }

  long waiting(At at) {
    return waits.stream().filter(wait -> wait.at == at).count();
  }

  long heldPermits() {
    return held.values().stream().mapToLong(Long::longValue).sum();
  }

  private Wait await(Op op, At at, long timeout) {
    Wait wait = new Wait(op, at, timeout > 0 ? now + timeout : Long.MAX_VALUE);
    waits.add(wait);
    return wait;
  }

  // ---- the lock and its condition

  void lock(Op op, long timeout) {
    if (token == 0) {
      grant(op, false);
    } else if (timeout < 0) {
      tell(op, "TIMED_OUT_WAITING");
    } else {
      await(op, At.LOCK, timeout);
    }
  }

  private void grant(Op op, boolean signalled) {
    token = ++lastToken;
    holder = op.client();
    tell(op, "LOCK_GRANTED " + token + " " + signalled);
  }

  void unlock(Op op, long grant) {
    if (grant == 0 || grant != token) {
      tell(op, "LOCK_LOST");
    } else {
      free();
    }
  }

  private void free() {
    token = 0;
    serveLock();
  }

  private void serveLock() {
    Optional<Wait> next = first(At.LOCK);
    if (token == 0 && next.isPresent()) {
      waits.remove(next.get());
      grant(next.get().op, next.get().signalled);
    }
  }

  void awaitCondition(Op op, long grant, long timeout) {
    if (grant == 0 || grant != token) {
      tell(op, "LOCK_LOST");
      return;
    }
    Wait wait = await(op, At.CONDITION, timeout);
    free();
    if (timeout < 0) {
      toLock(wait, false);
    }
  }

  void signal(Op op, long grant, int count) {
    if (grant == 0 || grant != token) {
      tell(op, "LOCK_LOST");
      return;
    }
    long left = count == 0 ? waiting(At.CONDITION) : count;
    while (left-- > 0 && first(At.CONDITION).isPresent()) {
      toLock(first(At.CONDITION).get(), true);
    }
  }

  private void toLock(Wait wait, boolean signalled) {
    waits.remove(wait);
    waits.add(wait);
    wait.at = At.LOCK;
    wait.deadline = Long.MAX_VALUE;
    wait.signalled = signalled;
    wait.cameFromCondition = true;
    serveLock();
  }

  // ---- the semaphore

  void acquire(Op op, long permits, long timeout) {
    if (bounded && permits > initial) {
      tell(op, "INVALID_ARGUMENT");
      return;
    }
    if (timeout < 0 && (waiting(At.SEMAPHORE) > 0 || permits > free)) {
      tell(op, "TIMED_OUT_WAITING");
      return;
    }
    await(op, At.SEMAPHORE, timeout).permits = permits;
    serveSemaphore();
  }

  private void serveSemaphore() {
    Optional<Wait> next = first(At.SEMAPHORE);
    while (next.isPresent() && next.get().permits <= free) {
      Wait wait = next.get();
      waits.remove(wait);
      free -= wait.permits;
      if (!holders.contains(wait.op.client())) {
        holders.add(wait.op.client());
      }
      held.merge(wait.op.client(), wait.permits, Long::sum);
      tell(wait.op, "PERMITS_GRANTED");
      next = first(At.SEMAPHORE);
    }
  }

  void release(Op op, long permits) {
    if (bounded && permits > heldPermits()) {
      tell(op, "TOO_MANY_PERMITS");
      return;
    }
    for (long i = 0; i < permits; i++) {
      Integer from =
          held.containsKey(op.client())
              ? (Integer) op.client()
              : holders.isEmpty() ? null : holders.get(0);
      if (from == null) {
        extra++;
      } else if (held.merge(from, -1L, Long::sum) == 0) {
        held.remove(from);
        holders.remove((Object) from);
      }
      free++;
    }
    serveSemaphore();
  }

  // ---- the event

  void set(boolean now) {
    set = now;
    while (set && first(At.EVENT).isPresent()) {
      tell(first(At.EVENT).get().op, "EVENT_IS_SET");
      waits.remove(first(At.EVENT).get());
    }
  }

  void awaitEvent(Op op, long timeout) {
    if (set) {
      tell(op, "EVENT_IS_SET");
    } else if (timeout < 0) {
      tell(op, "TIMED_OUT_WAITING");
    } else {
      await(op, At.EVENT, timeout);
    }
  }

  // ---- the barrier

  void arrive(Op op, long timeout) {
    if (broken) {
      tell(op, "BARRIER_BROKEN");
    } else if (waiting(At.BARRIER) == parties - 1) {
      int index = parties - 1;
      while (first(At.BARRIER).isPresent()) {
        tell(first(At.BARRIER).get().op, "BARRIER_PASSED " + index--);
        waits.remove(first(At.BARRIER).get());
      }
      tell(op, "BARRIER_PASSED 0");
    } else if (timeout < 0) {
      tell(op, "TIMED_OUT_WAITING");
      breakUp(false);
    } else {
      await(op, At.BARRIER, timeout);
    }
  }

  void breakUp(boolean reset) {
    while (first(At.BARRIER).isPresent()) {
      tell(first(At.BARRIER).get().op, "BARRIER_BROKEN");
      waits.remove(first(At.BARRIER).get());
    }
    broken = !reset;
  }

  // ---- whatever ends a wait

  void cancel(int client, long wait) {
    waits.stream()
        .filter(each -> each.op.client() == client && each.op.name() == wait)
        .findFirst()
        .ifPresent(each -> giveUp(each, "WAIT_CANCELLED"));
  }

  private void giveUp(Wait wait, String answer) {
    if (wait.cameFromCondition) {
      return;
    }
    if (wait.at == At.CONDITION) {
      toLock(wait, false);
      return;
    }
    waits.remove(wait);
    tell(wait.op, answer);
    left(wait);
  }

  private void left(Wait wait) {
    if (wait.at == At.SEMAPHORE) {
      serveSemaphore();
    } else if (wait.at == At.BARRIER) {
      breakUp(false);
    }
  }

  void pass(long millis) {
    now += millis;
    Comparator<Wait> order =
        Comparator.<Wait>comparingLong(wait -> wait.deadline)
            .thenComparingInt(wait -> wait.op.client())
            .thenComparingLong(wait -> wait.op.sequence());
    Optional<Wait> due = waits.stream().min(order).filter(wait -> wait.deadline <= now);
    while (due.isPresent()) {
      giveUp(due.get(), "TIMED_OUT_WAITING");
      due = waits.stream().min(order).filter(wait -> wait.deadline <= now);
    }
  }

  void end(int client) {
    List<Wait> its = waits.stream().filter(wait -> wait.op.client() == client).toList();
    waits.removeAll(its);
    its.forEach(this::left);
    if (token != 0 && holder == client) {
      free();
    }
    if (held.containsKey(client)) {
      holders.remove((Object) client);
      free += held.remove(client);
      serveSemaphore();
    }
  }
}
