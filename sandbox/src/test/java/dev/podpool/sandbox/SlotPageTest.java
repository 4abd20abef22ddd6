package dev.podpool.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlotPageTest {
  private static final int ITEMS = 3_000_000;
  private static final int END = -1;

  /** Items first to end in that order, or a revocation of what is from {@code sequence} on. */
  private record Message(boolean revoke, long sequence, int first, int end) {}

  /**
   * Each item is sent once; then either the child runs it or the supervisor gets it back, whatever
   * the interleaving of claims and revocations.
   */
  @Test
  void anItemIsEitherRunOrTakenBackNeverBothAndNeverNeither(@TempDir Path directory)
      throws Exception {
    Path file = directory.resolve("page");
    var link = new ConcurrentLinkedQueue<Message>();
    byte[] run = new byte[ITEMS];
    byte[] takenBack = new byte[ITEMS];
    Thread child = new Thread(() -> child(map(file), link, run));
    SlotPage page = map(file);
    child.start();

    var random = new SplittableRandom(1);
    var sent = new ArrayDeque<int[]>(); // sequence, item
    int next = 0;
    int item = 0;
    long revocations = 0;
    while (item < ITEMS) {
      int count = Math.min(1 + random.nextInt(20), ITEMS - item);
      link.add(new Message(false, next, item, item + count));
      for (int i = 0; i < count; i++) {
        sent.addLast(new int[] {next++, item++});
      }
      long done = page.done();
      while (!sent.isEmpty() && sent.getFirst()[0] < done) {
        sent.removeFirst();
      }
      if (random.nextInt(4) == 0) {
        revocations++;
        int from = (int) Math.min(next, page.revoke() + random.nextInt(4));
        while (!sent.isEmpty() && sent.getLast()[0] >= from) {
          takenBack[sent.removeLast()[1]]++;
        }
        next = from;
        link.add(new Message(true, from, 0, 0));
      }
      while (next - page.done() > 100) {
        Thread.onSpinWait();
      }
    }
    link.add(new Message(false, END, 0, 0));
    child.join();

    int taken = 0;
    for (int i = 0; i < ITEMS; i++) {
      taken += takenBack[i];
      if (run[i] + takenBack[i] != 1) {
        throw new AssertionError(
            "item " + i + " was run " + run[i] + " and taken back " + takenBack[i] + " times");
      }
    }
    assertThat(taken).isBetween(1000, ITEMS - 1000);
    assertThat(revocations).isGreaterThan(1000);
  }

  private static SlotPage map(Path file) {
    try {
      return SlotPage.map(file);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void child(SlotPage page, ConcurrentLinkedQueue<Message> link, byte[] run) {
    int[] items = new int[256]; // by sequence
    long next = 0;
    long end = 0;
    long obeyed = 0;
    boolean mustObey = false;
    while (true) {
      if (next < end && !mustObey) {
        if (page.claim(next, obeyed, 0)) {
          run[items[(int) next & 255]]++;
          page.done(++next);
        } else {
          mustObey = true;
        }
        continue;
      }
      Message message = link.poll();
      if (message == null) {
        Thread.onSpinWait();
      } else if (message.revoke) {
        obeyed++;
        mustObey = false;
        end = Math.min(end, message.sequence);
      } else if (message.sequence == END) {
        return;
      } else {
        assertThat(message.sequence).isEqualTo(end);
        for (int item = message.first; item < message.end; item++) {
          items[(int) end++ & 255] = item;
        }
      }
    }
  }

  @Test
  void whatAProcessHasWrittenIsThereForAnother(@TempDir Path directory) {
    SlotPage child = map(directory.resolve("page"));
    SlotPage supervisor = map(directory.resolve("page"));

    assertThat(child.claim(0, 0, 7)).isTrue();
    assertThat(supervisor.begun()).isEqualTo(1);
    assertThat(supervisor.startedNanos()).isEqualTo(7);
    child.done(1);
    assertThat(supervisor.done()).isEqualTo(1);
    assertThat(supervisor.revoke()).isEqualTo(1);
    assertThat(child.claim(1, 0, 8)).isFalse();
    assertThat(supervisor.begun()).isEqualTo(1);
    assertThat(child.claim(1, 1, 8)).isTrue();
  }
}
