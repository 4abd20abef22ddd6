package dev.podpool.sim;

import static dev.podpool.sim.Contract.require;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.SubmitJob;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A job, what its user knows of it, and what may become of its items. */
final class JobPlan {

  final ByteString id;
  final List<String> words = new ArrayList<>();
  final boolean mayBeCancelled;
  boolean mayBeRetried;
  // Next outcome to come.
  long position;
  // How many items were handed in; -1: not known.
  int added;

  private final SubmitJob submit;
  private final boolean streamed;
  private final boolean retried;
  private final Map<Long, String> ends = new TreeMap<>();
  private boolean submitted;
  private boolean seenTo;

  JobPlan(World world, String name) {
    id = ByteString.copyFrom(world.bytes(16));
    for (int count = world.upTo(world.oneIn(4) ? 120 : 25); count > 0; count--) {
      String kind = world.oneIn(40) ? "poison" : world.oneIn(15) ? "bad" : "good";
      words.add(kind + " " + name + "/" + count);
    }
    streamed = world.oneIn(3);
    mayBeCancelled = world.oneIn(8);
    mayBeRetried = world.oneIn(3);
    added = streamed ? Math.min(words.size(), world.upTo(4)) : words.size();
    submit =
        SubmitJob.newBuilder()
            .setJobId(id)
            .setPool(Simulation.POOL)
            .setFunctionName(name)
            .setInputs(Words.of(words.subList(0, added)))
            .setComplete(added == words.size())
            .setPriority(world.upTo(2))
            .setChunk(world.between(1, 5))
            .setMaxAttempts(world.oneIn(4) ? 1 : 0)
            .setDeadlineMillis(world.oneIn(8) ? world.between(100, 10_000) : 0)
            .setDiscardConfirmed(streamed && world.oneIn(2))
            .build();
    // With one attempt, "begun once" holds between retries only.
    mayBeRetried &= submit.getMaxAttempts() != 1;
    retried = mayBeRetried;
  }

  SubmitJob submit() {
    submitted = true;
    return submit;
  }

  boolean wasSubmitted() {
    return submitted;
  }

  boolean isStreamed() {
    return streamed;
  }

  boolean isAdded() {
    return added == words.size();
  }

  int endedItems() {
    return ends.size();
  }

  boolean hasDead() {
    return !submit.getDiscardConfirmed() && ends.containsValue("DEAD");
  }

  boolean isSeenTo() {
    return seenTo;
  }

  void record(Outcome outcome) {
    long index = outcome.getFirst();
    List<String> results = outcome.hasSucceeded() ? Words.in(outcome.getSucceeded()) : List.of();
    for (int i = 0; i < outcome.getCount(); i++, index++) {
      String end =
          switch (outcome.getKindCase()) {
            case SUCCEEDED -> results.get(i);
            case FAILED -> "FAILED " + outcome.getFailed().getMessage();
            default -> outcome.getEnded().getState().name();
          };
      String before = ends.put(index, end);
      require(
          before == null || (retried && before.equals("DEAD")), "one result for each item, once");
    }
  }

  /** The job has ended: what its user got must be what its words deserve. */
  void seeTo() {
    seenTo = true;
    boolean mayLackItems = mayBeCancelled || submit.getDeadlineMillis() > 0;
    require(mayLackItems || ends.size() == words.size(), "a result for each item");
    ends.forEach(
        (index, end) -> {
          String word = words.get(index.intValue());
          boolean fits =
              (end.startsWith(word + "@") && word.startsWith("good"))
                  || (end.equals("FAILED " + word) && word.startsWith("bad"))
                  || end.equals(ItemState.DEAD.name())
                  || (end.equals(ItemState.CANCELLED.name()) && mayBeCancelled)
                  || (end.equals(ItemState.EXPIRED.name()) && submit.getDeadlineMillis() > 0);
          require(fits, "the right result: " + word + " -> " + end);
        });
  }
}
