package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Assign;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.GiveCredit;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReportPoolFailure;
import dev.podpool.protocol.WorkerLoss;
import dev.podpool.session.QueueSession;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The thread that owns a worker's state. In turns: take what the queue and the children have sent,
 * see to what is due, hand out items, and only then send, so that whatever came in a turn goes out
 * together. Nothing is delayed for the sake of gathering.
 *
 * <p>Invariant: an item that the queue has leased to this worker is among the arrivals, waiting for
 * its code or its input; in the backlog; with one child; or in the report. Exactly one of them.
 */
final class Supervisor implements Runnable {
  private static final System.Logger LOG = System.getLogger(Supervisor.class.getName());

  private final WorkerSettings settings;
  private final QueueSession session;
  private final ConcurrentLinkedQueue<Runnable> mailbox = new ConcurrentLinkedQueue<>();
  private final Selector selector;
  private final Backlog backlog = new Backlog();
  private final Report report;
  private final Credit credit = new Credit();
  private final Workload anyItem = new Workload(ByteString.EMPTY, null);
  private final Slot[] slots;
  private final Arrivals arrivals;
  private final @Nullable ChildQueues queues; // null: children share nothing
  private final Children children;
  private final Dispatcher dispatcher;
  private final Assignments assignments;
  private final Timers timers;
  private final List<CompletableFuture<Void>> drains = new ArrayList<>();
  private int window;
  private boolean draining;
  private boolean closing;

  Supervisor(WorkerSettings settings, QueueSession session) throws IOException {
    this.settings = settings;
    this.session = session;
    slots = new Slot[settings.slots()];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = new Slot(System.nanoTime());
    }
    report = new Report(settings.blobs().inlineBytesMax());
    selector = Selector.open();
    CodeDirectory shared = sharedCodeDirectory();
    ChildLauncher launcher = new ChildLauncher(settings);
    ChildAccess access = settings.childAccess();
    queues = access == null ? null : new ChildQueues(access, this::post);
    children =
        new Children(
            settings,
            session,
            slots,
            selector,
            launcher,
            new ChildFrames(settings, report, anyItem),
            new Remains(settings, backlog, report),
            queues,
            this::post);
    children.start(System.nanoTime()); // the first one, while the rest of this is loaded
    CodeDirectory directory =
        shared == null ? new CodeDirectory(launcher.codeDirectory(), false) : shared;
    Codes codes = new Codes(backlog, slots);
    arrivals = new Arrivals(settings, backlog, report, codes, new Fetches(this::post), directory);
    dispatcher = new Dispatcher(backlog, arrivals, slots, settings.maxTasksPerWorker());
    assignments = new Assignments(backlog, arrivals, codes, slots, report);
    timers = new Timers(slots, settings);
  }

  /** The one that is set; made at once, so that it fails here if it cannot be. */
  private @Nullable CodeDirectory sharedCodeDirectory() throws IOException {
    Path path = settings.blobs().codeDirectory();
    if (path == null) {
      return null;
    }
    CodeDirectory directory = new CodeDirectory(path, true);
    directory.uses();
    return directory;
  }

  /** Has the supervisor's thread do {@code task} soon, in order. Any thread; never blocks. */
  void post(Runnable task) {
    mailbox.add(task);
    selector.wakeup();
  }

  @Override
  public void run() {
    try {
      while (!closing || children.any()) {
        turn();
      }
    } catch (IOException | RuntimeException | Error e) {
      LOG.log(
          System.Logger.Level.ERROR, "worker '" + settings.worker() + "' ends: it has failed", e);
      settings.listener().failed(e);
      session.send(Operation.newBuilder().setReportPoolFailure(broken(e)).build());
    } finally {
      arrivals.close();
      children.abandon();
      if (queues != null) {
        queues.close();
      }
      drains.forEach(drained -> drained.complete(null));
      closeChannels();
    }
  }

  /** Its leases live as long as its session: an error, so that nobody waits for them in vain. */
  private ReportPoolFailure broken(Throwable e) {
    return ReportPoolFailure.newBuilder()
        .setPool(settings.pool())
        .setFailures(1)
        .setFinal(true)
        .setFailure(
            Failure.newBuilder()
                .setKind(FailureKind.THREW)
                .setType(e.getClass().getName())
                .setMessage("worker '" + settings.worker() + "' has failed; restart it: " + e)
                .setWorker(settings.worker()))
        .build();
  }

  private void closeChannels() {
    try {
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
      selector.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "closing failed", e);
    }
  }

  private void turn() throws IOException {
    await();
    for (SelectionKey key : selector.selectedKeys()) {
      children.take(key);
    }
    selector.selectedKeys().clear();
    Runnable task;
    while ((task = mailbox.poll()) != null) {
      task.run();
    }
    long now = System.nanoTime();
    timers.expire(now, children::kill);
    arrivals.expire(now);
    children.retire();
    children.start(now);
    if (closing) {
      return;
    }
    if (draining || children.usableSlots() == 0) {
      dispatcher.giveBack(Integer.MAX_VALUE, report); // others may have a use for them
    } else {
      dispatcher.fill();
      timers.recheck(dispatcher.balance(now));
      arrivals.fetchInputs(); // in the place of what the children have got
    }
    children.flush();
    report();
  }

  private void await() throws IOException {
    long nanos = mailbox.isEmpty() ? timers.next(System.nanoTime(), nextNanos()) : 0;
    if (nanos <= 0) {
      selector.selectNow();
    } else if (nanos == Long.MAX_VALUE) {
      selector.select();
    } else {
      selector.select(TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
    }
  }

  private long nextNanos() {
    return Math.min(children.startAtNanos(), arrivals.dueAtNanos());
  }

  private void report() {
    int wanted = draining ? 0 : credit.update(children.usableSlots(), anyItem.itemNanos());
    if (wanted != window) {
      window = wanted;
      session.send(
          Operation.newBuilder().setGiveCredit(GiveCredit.newBuilder().setWindow(window)).build());
    }
    report.take().forEach(session::send);
    if (draining && holdsNothing()) {
      drains.forEach(drained -> drained.complete(null));
      drains.clear();
    }
  }

  private boolean holdsNothing() {
    boolean nothing = backlog.size() == 0 && arrivals.size() == 0;
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      nothing &= child == null || child.outstanding() == 0;
    }
    return nothing;
  }

  /** The queue has something for this worker. */
  void deliver(Delivery delivery) {
    if (closing) {
      return;
    }
    switch (delivery.getKindCase()) {
      case ASSIGN -> assign(delivery.getAssign());
      case RECALL -> dispatcher.giveBack(delivery.getRecall().getCount(), report);
      case SIGNAL -> terminate();
      case STOP -> dispatcher.drop(ItemFilter.without(delivery.getStop()), children::kill);
      default -> {
        // Only for clients.
      }
    }
  }

  /** What runs is asked to end; what does not run yet has ended by that. */
  private void terminate() {
    if (!children.terminate()) {
      int sigterm = 128 + 15;
      WorkerLoss.Builder loss =
          WorkerLoss.newBuilder()
              .setWorker(settings.worker())
              .setExitCode(ExitCause.code(sigterm))
              .setCause(ExitCause.words(sigterm));
      arrivals.takeLast(Integer.MAX_VALUE).forEach(items -> report.lost(items, loss));
      backlog.takeLast(Integer.MAX_VALUE).forEach(items -> report.lost(items, loss));
    }
  }

  private void assign(Assign assign) {
    if (assign.getComplete()) {
      dispatcher.drop(ItemFilter.only(assign.getRangesList()), children::kill);
      assignments.addMissing(assign.getRangesList());
    } else {
      assignments.add(assign.getRangesList());
    }
  }

  void drain(CompletableFuture<Void> drained) {
    draining = true;
    drains.add(drained);
  }

  /** Ends the children, and then this thread. */
  void end() {
    closing = true;
    children.close();
  }
}
