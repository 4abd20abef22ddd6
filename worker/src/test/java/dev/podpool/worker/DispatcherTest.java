package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.JobHeader;
import dev.podpool.sandbox.SlotPage;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the supervisor decides by a page, at moments that a real child rarely meets. */
class DispatcherTest {
  private static final int BEGUN = 0; // offsets of the page's words
  private static final int DONE = 128;
  private static final int REVOCATIONS = 64;

  @TempDir Path directory;
  private final Slot slot = new Slot(0);
  private final Slot other = new Slot(0);
  private final Backlog backlog = new Backlog();
  private Dispatcher dispatcher;
  private final List<ChildProcess.Ending> killed = new ArrayList<>();
  private MappedByteBuffer words;
  private ChildProcess child;

  @BeforeEach
  void startChild() throws Exception {
    Slot[] slots = {slot, other};
    dispatcher =
        new Dispatcher(
            backlog,
            new Arrivals(
                WorkerSettings.of("pool", "worker", 1),
                backlog,
                new Report(Integer.MAX_VALUE),
                new Codes(backlog, slots),
                new Fetches(task -> {}),
                new CodeDirectory(directory, true)),
            slots,
            0);
    Path file = directory.resolve("page");
    child = ready(file, slot);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      words = channel.map(FileChannel.MapMode.READ_WRITE, 0, SlotPage.BYTES);
    }
    words.order(ByteOrder.nativeOrder());
  }

  private static ChildProcess ready(Path file, Slot slot) throws Exception {
    ChildProcess child = new ChildProcess(0, 0, null, "token", SlotPage.map(file), file);
    child.connection = new Connection(null, null); // frames are gathered, and never flushed
    child.state = ChildProcess.State.READY;
    slot.started(child);
    return child;
  }

  private void send(int count) {
    JobHeader job = JobHeader.newBuilder().setMaxAttempts(3).build();
    ByteString data = ByteString.copyFrom(new byte[count]); // empty payloads
    child.send(
        new Items(
            job, new Workload(ByteString.EMPTY, null), 1, 1, 0, count, data, Items.Input.INLINE));
  }

  private void drop(ItemFilter filter) {
    dispatcher.drop(filter, (ofChild, ending) -> killed.add(ending));
  }

  @Test
  void aDroppedItemWhoseClaimFailsInThatMomentIsStoppedSinceItWillBeClaimedAgain() {
    send(3);
    words.putLong(BEGUN, 1); // the child claims item 0 …
    drop(
        items -> {
          if (items.first() == 1) { // what was revoked, so it is
            words.putLong(BEGUN, 0); // … and sees that the supervisor has revoked
          }
          return List.of();
        });

    assertThat(killed).containsExactly(ChildProcess.Ending.STOPPED);
    assertThat(backlog.size()).isZero();
    // What its death leaves behind is dropped as well.
    assertThat(child.filters).hasSize(1);
  }

  @Test
  void aChildThatIsDoneWithWhatIsDroppedLivesOn() {
    send(3);
    words.putLong(BEGUN, 2);
    words.putLong(DONE, 2);
    drop(items -> List.of());

    assertThat(killed).isEmpty();
    assertThat(child.outstanding()).isEqualTo(2); // whose outcomes are on their way
  }

  @Test
  void anItemOnItsWayToAChildThatIsAtNothingIsNotTakenFromItForAnother() throws Exception {
    ChildProcess idle = ready(directory.resolve("other"), other);
    send(1);

    dispatcher.balance(Long.MAX_VALUE / 2);

    assertThat(words.getLong(REVOCATIONS)).isZero();
    assertThat(idle.outstanding()).isZero();
  }

  @Test
  void whatWaitsBehindALongItemIsTakenForAnIdleChild() throws Exception {
    ChildProcess idle = ready(directory.resolve("other"), other);
    send(2);
    words.putLong(BEGUN, 1);

    dispatcher.balance(Long.MAX_VALUE / 2);

    assertThat(child.outstanding()).isEqualTo(1);
    assertThat(idle.outstanding()).isEqualTo(1);
  }
}
