package dev.podpool.operator.plan;

import dev.podpool.operator.plan.Worker.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A planning as text. The first line is the spec, each other a worker, a pending start, the queue
 * or the back-off; words are {@code key=value}, times are seconds before now.
 *
 * <pre>
 * workers=2 hash=b
 * 0 ready hash=a leased=3 cordoned=60
 * 1 ended by=exit-1 ended=5
 * 2 pending
 * 3 starting trouble=Unschedulable says=unschedulable
 * queue unfinished=7
 * backoff failures=3 place=0 at=1
 * </pre>
 */
final class PlanScript {
  static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

  private PlanScript() {}

  static Plan plan(String script) {
    List<String> lines = script.strip().lines().map(String::strip).toList();
    var spec = new Words(lines.get(0));
    var workers = new ArrayList<Worker>();
    Set<Integer> pending = new HashSet<>();
    var queue = new Observed.Queue(true, 9, 0, "");
    Backoff backoff = Backoff.NONE;
    for (String line : lines.subList(1, lines.size())) {
      var words = new Words(line);
      switch (words.first) {
        case "queue" ->
            queue =
                new Observed.Queue(
                    !words.has("unreachable"),
                    words.number("unfinished", 9),
                    words.number("failures", 0),
                    words.get("says", ""));
        case "backoff" ->
            backoff =
                new Backoff(
                    words.number("failures", 0),
                    words.number("place", 0),
                    words.ago("at", 0),
                    words.get("why", "WorkerDied"),
                    "exit-1",
                    words.get("hash", "a"));
        default -> {
          int ordinal = Integer.parseInt(words.first);
          if (words.has("pending")) {
            pending.add(ordinal);
          } else {
            workers.add(worker(ordinal, words));
          }
        }
      }
    }
    return Plan.towards(spec(spec), new Observed(workers, pending, queue, backoff), NOW);
  }

  /** Steps as text, such as {@code start 0 a, cordon 1, stop 2 (scaled down)}. */
  static String steps(Plan plan) {
    return plan.steps().stream().map(PlanScript::text).collect(Collectors.joining(", "));
  }

  private static String text(Step step) {
    String place = step.name().substring("index-".length());
    if (step instanceof Step.Start start) {
      return "start " + place + " " + start.templateHash();
    } else if (step instanceof Step.Stop stop) {
      return "stop " + place + " (" + stop.reason() + ")";
    }
    return step.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT) + " " + place;
  }

  private static PoolSpec spec(Words words) {
    return new PoolSpec(
        "index",
        words.number("workers", 1),
        words.get("hash", "a"),
        words.has("daemon"),
        Duration.ofMinutes(10),
        words.has("deleted") ? words.ago("deleted", 0) : null);
  }

  private static Worker worker(int ordinal, Words words) {
    Phase phase =
        words.has("starting")
            ? Phase.STARTING
            : words.has("stopping")
                ? Phase.STOPPING
                : words.has("ended") ? Phase.ENDED : Phase.READY;
    Worker.End end =
        phase == Phase.ENDED
            ? new Worker.End(words.ago("ended", 0), words.has("asked"), words.get("by", "exit-1"))
            : null;
    return new Worker(
        ordinal,
        words.get("hash", "a"),
        phase,
        words.ago("started", 60),
        words.has("cordoned") ? words.ago("cordoned", 0) : null,
        words.number("leased", 0),
        end,
        words.has("trouble")
            ? new Worker.Trouble(words.get("trouble", ""), words.get("says", "stuck"))
            : null);
  }

  private static final class Words {
    private final String first;
    private final Map<String, String> values = new HashMap<>();

    Words(String line) {
      String[] words = line.split(" +");
      first = words[0];
      for (String word : words) {
        int equals = word.indexOf('=');
        values.put(
            equals < 0 ? word : word.substring(0, equals),
            equals < 0 ? "" : word.substring(equals + 1));
      }
    }

    boolean has(String key) {
      return values.containsKey(key);
    }

    String get(String key, String otherwise) {
      String value = values.getOrDefault(key, "");
      return value.isEmpty() ? otherwise : value;
    }

    int number(String key, int otherwise) {
      return Integer.parseInt(get(key, Integer.toString(otherwise)));
    }

    Instant ago(String key, int otherwise) {
      return NOW.minusSeconds(number(key, otherwise));
    }
  }
}
