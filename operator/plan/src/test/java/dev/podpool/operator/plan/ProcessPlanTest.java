package dev.podpool.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.operator.plan.ObservedProcess.Exit;
import dev.podpool.operator.plan.ObservedProcess.Pod;
import dev.podpool.operator.plan.ObservedProcess.PodPhase;
import dev.podpool.operator.plan.ObservedProcess.Queue;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessPlanTest {

  private static final Instant NOW = Instant.EPOCH;

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a process that the queue tells of is started         | known                        | start
          and not again where its pod was made                 | known started pending        |
          nor where nobody wrote down that it was              | known pending                |
          nothing is started that the queue does not know      | forgotten                    | delete
          nor while it does not answer                         | silent                       |
          nor without a queue                                  | missing                      |
          nor what has ended                                   | known exit=-15               |
          one that runs is left alone                          | joined started running       |
          a worker that died is told of                        | joined started ended         | tell_end
          one that never joined leaves no process behind       | known started ended          | tell_lost
          a pod that vanished, with its worker's session       | joined started               | tell_end
          a pod that vanished before its worker joined         | known started                | tell_lost
          what is over in a queue that is silent is told later | silent started ended         |
          a pod may end by itself after its process            | known started running exit=0 exited=9 |
          for 10 s                                             | known started running exit=0 exited=10 | stop_pod
          one that still waits for a node does not             | known started pending exit=-15 exited=10 | stop_pod
          one that has ended stays, for its logs               | known started ended exit=0 exited=99 |
          what the queue has forgotten goes                    | forgotten started ended      | delete
          a pod is not waited for for ever                     | joined started running gone=29 |
          but for 30 s                                         | joined started running gone=30 | force_pod
          whoever deletes it ends it                           | joined started running deleted=0 | terminate
          before it is started, too                            | known deleted=0              | terminate
          and with its pod after 10 s                          | joined started running deleted=10 | terminate stop_pod
          and it goes when it has ended                        | joined started running deleted=1 exit=-15 exited=0 | release
          or when the queue has forgotten it                   | forgotten started running deleted=0 | release
          or the queue is gone                                 | missing started running deleted=0 | release
          or its namespace is about to                         | silent started running deleted=0 namespace | release
          else not before the queue knows                      | silent started running deleted=0 | stop_pod
          however long that is                                 | silent started deleted=99    |
          what died while it was deleted is told of            | joined started ended deleted=1 | terminate tell_end
          """)
  void steps(String sentence, String script, String expected) {
    String steps =
        ProcessPlan.of(observed(script), NOW).steps().stream()
            .map(step -> step.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(" "));
    assertThat(steps).as(sentence).isEqualTo(expected == null ? "" : expected);
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          known                     |                                      | PENDING   |
          known started pending     |                                      | PENDING   |
          joined started running    |                                      | RUNNING   |
          silent started running    |                                      | RUNNING   | QueueUnreachable
          missing started pending   |                                      | PENDING   | QueueMissing
          joined started running deleted=1 |                               | RUNNING   | Deleted
          known started ended exit=0 |                                     | SUCCEEDED |
          silent started ended exit=0 |                                    | SUCCEEDED |
          known started ended exit=3 | exit 3                              | FAILED    | Error
          known started ended exit=1 | java.lang.IllegalStateException: no | FAILED    | IllegalStateException
          known started ended exit=1 | a.B$Odd: no                         | FAILED    | Odd
          known started ended exit=-9 | SIGKILL                            | FAILED    | SIGKILL
          known started ended exit=-15 | SIGTERM                           | FAILED    | SIGTERM
          known started ended exit=-11 | SIGSEGV                           | FAILED    | Signal11
          known started ended exit=-9 | exit -9, OOMKilled, limit 64Mi     | FAILED    | OOMKilled
          known started evicted exit=-9 | Evicted: low on memory           | FAILED    | Evicted
          """)
  void statuses(String script, String cause, PlannedProcess.Phase phase, String reason) {
    ObservedProcess seen = observed(script);
    Exit exit = seen.exit();
    PlannedProcess status =
        ProcessPlan.of(
                exit == null || cause == null ? seen : with(seen, new Exit(exit.code(), cause)),
                NOW)
            .status();
    assertThat(status.phase()).isEqualTo(phase);
    assertThat(status.reason()).isEqualTo(reason == null ? "" : reason);
  }

  @Test
  void whatKeepsItFromRunningIsSaid() {
    ObservedProcess seen = observed("known started pending");
    Pod pod =
        new Pod(
            PodPhase.PENDING,
            null,
            null,
            new Worker.Trouble("Unschedulable", "unschedulable (cpu)"));
    PlannedProcess status =
        ProcessPlan.of(
                new ObservedProcess(
                    true, pod, seen.queue(), 0, null, null, null, false, seen.refusal()),
                NOW)
            .status();
    assertThat(status.reason()).isEqualTo("Unschedulable");
    assertThat(status.message()).isEqualTo("Pending: unschedulable (cpu)");
  }

  @Test
  void itIsLookedAtAgainWhenSomethingIsDue() {
    assertThat(ProcessPlan.of(observed("known"), NOW).recheckAfter())
        .isEqualTo(Duration.ofSeconds(30));
    assertThat(
            ProcessPlan.of(observed("known started running exit=0 exited=4"), NOW).recheckAfter())
        .isEqualTo(Duration.ofSeconds(6));
  }

  private static ObservedProcess with(ObservedProcess seen, Exit exit) {
    return new ObservedProcess(
        seen.started(),
        seen.pod(),
        seen.queue(),
        seen.pid(),
        exit,
        seen.exitAt(),
        seen.deletedAt(),
        seen.namespaceEnds(),
        seen.refusal());
  }

  private static ObservedProcess observed(String script) {
    List<String> words = Arrays.asList(script.split(" "));
    PodPhase phase =
        words.contains("pending")
            ? PodPhase.PENDING
            : words.contains("running")
                ? PodPhase.RUNNING
                : words.contains("ended") || words.contains("evicted") ? PodPhase.ENDED : null;
    Worker.End end =
        phase != PodPhase.ENDED
            ? null
            : new Worker.End(
                NOW, false, words.contains("evicted") ? "Evicted" : Worker.End.DIED, "exit 1");
    String exit = after(words, "exit=");
    return new ObservedProcess(
        words.contains("started"),
        phase == null ? null : new Pod(phase, ago(words, "gone="), end, null),
        Queue.valueOf(words.get(0).toUpperCase(Locale.ROOT)),
        0,
        exit == null ? null : new Exit(Integer.parseInt(exit), "any"),
        ago(words, "exited="),
        ago(words, "deleted="),
        words.contains("namespace"),
        null);
  }

  private static Instant ago(List<String> words, String prefix) {
    String seconds = after(words, prefix);
    return seconds == null ? null : NOW.minusSeconds(Long.parseLong(seconds));
  }

  private static String after(List<String> words, String prefix) {
    return words.stream()
        .filter(word -> word.startsWith(prefix))
        .map(word -> word.substring(prefix.length()))
        .findFirst()
        .orElse(null);
  }
}
