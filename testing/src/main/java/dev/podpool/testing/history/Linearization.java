package dev.podpool.testing.history;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The search for an order: Wing and Gong's, with the memory of what was tried that Lowe added
 * ("Testing for linearizability", 2017). Starts and ends stand in a list by time. What stands
 * before the first end may be next; whoever is put into the order leaves the list, and comes back
 * where that led nowhere. The same operations in the same state are tried once.
 */
final class Linearization<S> {

  private record Tried(BitSet done, Object state) {}

  private record Choice<S>(int operation, S before) {}

  private final List<History.Operation<S>> operations;
  private final int count;

  // Event i is the start of operation i, event count + i its end. Two lists: of the answered ones,
  // and of the starts of those in doubt.
  private final int[] next;
  private final int[] previous;
  private final int answered;
  private final int inDoubt;

  private final BitSet done = new BitSet();
  private final Deque<Choice<S>> order = new ArrayDeque<>();
  private final Set<Tried> tried = new HashSet<>();
  private S state;

  private int deepest = -1;
  private String atDeepest = "";

  Linearization(List<History.Operation<S>> operations, S initial) {
    this.operations = operations;
    count = operations.size();
    answered = 2 * count;
    inDoubt = answered + 1;
    next = new int[2 * count + 2];
    previous = new int[2 * count + 2];
    state = initial;
    link(answered, IntStream.range(0, 2 * count).filter(event -> !isInDoubt(event % count)));
    link(inDoubt, IntStream.range(0, count).filter(this::isInDoubt));
  }

  /** Of the same moment a start comes before an end: those two may have met. */
  private void link(int head, IntStream events) {
    int last = head;
    for (int event :
        events
            .boxed()
            .sorted(Comparator.comparingLong(this::time).thenComparing(event -> event >= count))
            .toList()) {
      next[last] = event;
      previous[event] = last;
      last = event;
    }
    next[last] = head;
    previous[head] = last;
  }

  private boolean isInDoubt(int operation) {
    return operations.get(operation).end() == Long.MAX_VALUE;
  }

  private long time(int event) {
    return event < count ? operations.get(event).start() : operations.get(event - count).end();
  }

  /**
   * Null if there is an order, else what stands in the way of the longest one found. What is in
   * doubt is tried where nothing else can be next: most often nothing came of it.
   */
  @Nullable String search() {
    int event = next[answered];
    while (next[answered] != answered) {
      if (event < count && time(event) <= time(firstEnd())) {
        S after = operations.get(event).step().after(state);
        event = after != null && take(event, after) ? next[answered] : next[event];
      } else if (event != inDoubt && !isInDoubt(event % count)) {
        remember(event - count);
        event = next[inDoubt];
      } else if (order.isEmpty()) {
        return atDeepest;
      } else {
        event = next[giveBack()];
      }
    }
    return null; // the others are in doubt: it may be that nothing came of them
  }

  private int firstEnd() {
    int event = next[answered];
    while (event < count) {
      event = next[event];
    }
    return event;
  }

  private boolean take(int operation, S after) {
    done.set(operation);
    if (!tried.add(new Tried((BitSet) done.clone(), after))) {
      done.clear(operation);
      return false;
    }
    order.push(new Choice<>(operation, state));
    state = after;
    unlink(operation);
    if (!isInDoubt(operation)) {
      unlink(count + operation);
    }
    return true;
  }

  private int giveBack() {
    Choice<S> last = order.pop();
    done.clear(last.operation());
    state = last.before();
    if (!isInDoubt(last.operation())) {
      putBack(count + last.operation());
    }
    putBack(last.operation());
    return last.operation();
  }

  private void unlink(int event) {
    next[previous[event]] = next[event];
    previous[next[event]] = previous[event];
  }

  private void putBack(int event) {
    next[previous[event]] = event;
    previous[next[event]] = event;
  }

  private void remember(int blocking) {
    if (order.size() <= deepest) {
      return;
    }
    deepest = order.size();
    String before =
        order.stream()
            .limit(20)
            .map(choice -> operations.get(choice.operation()).what())
            .collect(Collectors.joining("\n  "));
    String open =
        IntStream.range(0, count)
            .filter(operation -> !done.get(operation))
            .mapToObj(operations::get)
            .filter(operation -> operation.start() <= operations.get(blocking).end())
            .map(History.Operation::what)
            .collect(Collectors.joining("\n  "));
    atDeepest =
        "%d of %d operations fit; then, in the state %s, none of these can be next before the first of them ended:%n  %s%nthe last that fit, newest first:%n  %s"
            .formatted(deepest, count, state, open, before);
  }
}
