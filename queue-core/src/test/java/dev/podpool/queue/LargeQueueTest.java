package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A million items, whole or in small jobs, in the gigabyte that this module's test JVM has. */
@Timeout(600) // seconds; a few on a machine that does nothing else
class LargeQueueTest {

  private static final int WORKERS = 8;
  private static final int WINDOW = 1_000;

  private final QueueScript queue = new QueueScript().unchecked();

  @BeforeEach
  void theHeapIsAGigabyte() {
    assertThat(Runtime.getRuntime().maxMemory()).isLessThanOrEqualTo(1L << 30);
    for (int w = 0; w < WORKERS; w++) {
      queue.worker("w" + w, 4, WINDOW);
    }
  }

  @Test
  void aMillionItemsInOneJobFit() {
    int items = 1_000_000;
    var words = new String[items];
    for (int i = 0; i < items; i++) {
      words[i] = "item " + i;
    }
    queue.submit(QueueScript.job("million", words).setChunk(100));

    workOff();

    assertThat(queue.status().getSucceeded()).isEqualTo(items);
    assertThat(queue.status().getReady() + queue.status().getLeased()).isZero();
    var restored = QueueMachine.restore(queue.machine.snapshot());
    assertThat(restored.stateHash()).isEqualTo(queue.machine.stateHash());
  }

  @Test
  void aHundredThousandJobsOfOneItemFit() {
    int jobs = 100_000;
    for (int i = 0; i < jobs; i++) {
      queue.submit("job " + i, "item " + i);
    }
    assertThat(queue.status().getJobs()).isEqualTo(jobs);

    workOff();

    assertThat(queue.status().getSucceeded()).isEqualTo(jobs);
    var restored = QueueMachine.restore(queue.machine.snapshot());
    assertThat(restored.stateHash()).isEqualTo(queue.machine.stateHash());
    for (int i = 0; i < jobs; i += 2) {
      queue.release("job " + i);
    }
    assertThat(queue.status().getJobs()).isEqualTo(jobs / 2);
  }

  private void workOff() {
    for (int worker = 0; queue.status().getReady() + queue.status().getLeased() > 0; worker++) {
      String name = "w" + worker % WORKERS;
      List<Outcome.Builder> outcomes = new ArrayList<>();
      var held = List.copyOf(queue.party(name).held.entrySet());
      for (int from = 0; from < held.size(); ) {
        var range = held.get(from).getValue().range();
        int to = from;
        List<String> results = new ArrayList<>();
        while (to < held.size()
            && held.get(to).getValue().range().getLease() == range.getLease()
            && held.get(to).getValue().range().getJob().equals(range.getJob())) {
          results.add(held.get(to++).getKey() + "!");
        }
        outcomes.add(
            QueueScript.outcome(held.get(from).getValue())
                .setCount(to - from)
                .setSucceeded(TestPayloads.of(results)));
        from = to;
      }
      queue.party(name).held.clear();
      queue.party(name).taken.clear();
      queue.party("client").inbox.clear();
      assertThat(queue.report(name, outcomes.stream())).isEqualTo("done");
    }
  }
}
