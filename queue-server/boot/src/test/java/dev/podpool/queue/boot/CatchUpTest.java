package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Entry;
import dev.podpool.queue.loop.BlobStore;
import dev.podpool.queue.loop.Log;
import dev.podpool.queue.loop.LoopMetrics;
import dev.podpool.queue.loop.NotLeadingException;
import dev.podpool.queue.loop.QueueLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CatchUpTest {

  private final Behind log = new Behind();
  private final QueueLoop queue = QueueLoop.on(log, BlobStore.NONE, LoopMetrics.NONE, cause -> {});
  private final CatchUp catchUp = new CatchUp(log, queue);

  /** A log that catches up when the test says so. */
  private static final class Behind implements Log {

    private Replica replica;
    private @Nullable String leader = "queue-1";
    private final List<CompletableFuture<@Nullable Void>> asked = new ArrayList<>();

    @Override
    public void start(Replica driven) {
      replica = driven;
    }

    @Override
    public void append(Entry entry) {
      replica.apply(entry);
    }

    @Override
    public @Nullable String leader() {
      return leader;
    }

    @Override
    public CompletableFuture<@Nullable Void> catchUp() {
      asked.add(new CompletableFuture<>());
      return asked.getLast();
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void start() {
    queue.start();
  }

  @AfterEach
  void stop() {
    queue.close();
  }

  @Test
  void aFollowerIsNotCountedOnUntilItHasCaughtUpOnce() {
    assertThat(catchUp.lacking()).isEqualTo("this replica has not caught up yet; queue-1 leads");
    assertThat(catchUp.lacking()).isNotNull();
    assertThat(log.asked).as("one question at a time").hasSize(1);

    log.asked.getLast().completeExceptionally(new NotLeadingException("queue-1"));
    assertThat(catchUp.lacking()).as("it could not be told").isNotNull();
    assertThat(log.asked).as("so it is asked again").hasSize(2);

    log.asked.getLast().complete(null);
    assertThat(catchUp.lacking()).isNull();
    assertThat(catchUp.lacking()).isNull();
    assertThat(log.asked).as("nor asked any more").hasSize(2);
  }

  @Test
  void whereNobodyIsKnownToLeadNoReplicaIsCountedOn() {
    catchUp.lacking();
    log.asked.getLast().complete(null);
    log.leader = null;

    assertThat(catchUp.lacking()).isEqualTo("no replica is known to lead");
  }

  @Test
  void whoeverLeadsHasAllAndHasItLaterToo() {
    log.replica.lead(1);
    assertThat(catchUp.lacking()).isNull();
    assertThat(log.asked).isEmpty();

    log.replica.follow();

    assertThat(catchUp.lacking()).isNull();
  }
}
