package dev.podpool.testing.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * What clients asked one object, from when to when, and what it answered. Any thread may record.
 *
 * @param <S> the states of the object's sequential model: immutable, compared by {@code equals}
 */
public final class History<S> {

  /** How an operation moves the model. */
  @FunctionalInterface
  public interface Step<S, R extends @Nullable Object> {

    /** The state after it in which {@code result} was answered; null where it can't have been. */
    @Nullable S after(S before, R result);
  }

  /** A {@link Step} with its result. */
  @FunctionalInterface
  public interface Answered<S> {

    @Nullable S after(S before);
  }

  record Operation<S>(String what, long start, long end, Answered<S> step) {}

  private final String object;
  private final S initial;
  private final Queue<Operation<S>> operations = new ConcurrentLinkedQueue<>();

  /** Of the object of that name, which is in the state {@code initial}. */
  public History(String object, S initial) {
    this.object = object;
    this.initial = initial;
  }

  /**
   * Calls {@code operation} and records it. One that throws is not recorded: what it did is not
   * known.
   */
  public <R extends @Nullable Object> R call(
      String who, String what, Callable<R> operation, Step<S, R> step) throws Exception {
    long start = System.nanoTime();
    R result = operation.call();
    add(who + ": " + what + " = " + result, start, System.nanoTime(), s -> step.after(s, result));
    return result;
  }

  /** What answers nothing. */
  @FunctionalInterface
  public interface Action {
    void run() throws Exception;
  }

  /** {@link #call} of what answers nothing. */
  public void call(String who, String what, Action operation, Answered<S> step) throws Exception {
    call(
        who,
        what,
        () -> {
          operation.run();
          return "done";
        },
        (before, done) -> step.after(before));
  }

  /** Records what began and ended then, by {@link System#nanoTime()}. */
  public void add(String what, long start, long end, Answered<S> step) {
    operations.add(new Operation<>(what, start, end, step));
  }

  /**
   * Records what began then and was never answered: it has taken effect at some time since, or not.
   */
  public void addInDoubt(String what, long start, Answered<S> step) {
    add(what + ", in doubt", start, Long.MAX_VALUE, step);
  }

  public int size() {
    return operations.size();
  }

  /**
   * Looks for an order of the operations in which each took effect at once, at a moment between its
   * start and its end, and all gave the answers that the model gives.
   *
   * @throws AssertionError if there is none; it names what can't be put into any order
   */
  public void check() {
    List<Operation<S>> all = new ArrayList<>(operations);
    all.sort(Comparator.comparingLong(Operation::start));
    String broken = new Linearization<>(all, initial).search();
    if (broken != null) {
      throw new AssertionError(object + " is not linearizable: " + broken);
    }
  }
}
