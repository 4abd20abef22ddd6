package dev.podpool.worker;

import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.Operation;
import dev.podpool.sandbox.Frames;
import dev.podpool.session.QueueSession;
import dev.podpool.worker.ChildProcess.Ending;
import dev.podpool.worker.ChildProcess.State;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The children's lives: starting, listening, ending, replacing. Owned by the supervisor's thread.
 */
final class Children {
  private static final System.Logger LOG = System.getLogger(Children.class.getName());
  // A JVM that boots is busy: more of them at once would only delay the first that is ready.
  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
  // What the first item takes until its result is in, with all that is loaded for it.
  private static final long FIRST_ITEM_NANOS = 150_000_000L;
  private static final long RETIRE_NANOS = 5_000_000_000L;
  private static final long CLOSE_NANOS = 1_000_000_000L;
  private static final int SIGKILL = -9; // as ExitCause has it
  private static final String NOT_STARTED = "the pool's processes failed to start";

  private final WorkerSettings settings;
  private final QueueSession session;
  private final Slot[] slots;
  private final Selector selector;
  private final ChildLauncher launcher;
  private final ChildFrames frames;
  private final Remains remains;
  private final @Nullable ChildQueues queues;
  private final Consumer<Runnable> post;
  private final StartFailures startFailures;
  private @Nullable OomKills oomKills; // read while the first child starts
  private boolean everReady;
  private long allAtNanos = Long.MAX_VALUE; // when the others may start beside the first
  private boolean closing;

  Children(
      WorkerSettings settings,
      QueueSession session,
      Slot[] slots,
      Selector selector,
      ChildLauncher launcher,
      ChildFrames frames,
      Remains remains,
      @Nullable ChildQueues queues,
      Consumer<Runnable> post)
      throws IOException {
    this.settings = settings;
    this.session = session;
    this.slots = slots;
    this.selector = selector;
    this.frames = frames;
    this.remains = remains;
    this.queues = queues;
    this.post = post;
    startFailures = new StartFailures(settings.pool());
    this.launcher = launcher;
    launcher.server().register(selector, SelectionKey.OP_ACCEPT);
  }

  boolean any() {
    for (Slot slot : slots) {
      if (slot.child() != null) {
        return true;
      }
    }
    return false;
  }

  /** Slots that run items, or will in a moment. */
  int usableSlots() {
    int ready = 0;
    for (Slot slot : slots) {
      ready += slot.ready() == null ? 0 : 1;
    }
    return everReady && !startFailures.any() ? slots.length : ready;
  }

  // Starting.

  /** When the next child is to be started; {@link Long#MAX_VALUE} if none is missing. */
  long startAtNanos() {
    long earliest = Long.MAX_VALUE;
    int starting = 0;
    int booting = 0;
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      if (child == null) {
        earliest = Math.min(earliest, slot.startAtNanos());
      } else if (child.state == State.STARTING) {
        starting++;
        booting += child.connection == null ? 1 : 0;
      }
    }
    // The first result waits for the first child, and for this process, which starts as well.
    boolean tooMany = everReady ? booting >= PROCESSORS : starting >= Math.max(1, PROCESSORS - 1);
    boolean isOver = settings.isSingleRun() && everReady;
    if (closing || isOver || earliest == Long.MAX_VALUE || tooMany) {
      return Long.MAX_VALUE;
    }
    if (everReady) {
      // More that boot would be in the way of the first item, and for long ones nothing is lost.
      earliest = Math.max(earliest, allAtNanos);
    }
    if (startFailures.any()) {
      // One at a time tries.
      return starting > 0 ? Long.MAX_VALUE : Math.max(earliest, startFailures.retryAtNanos());
    }
    return earliest;
  }

  /** Starts those that are due. */
  void start(long nowNanos) {
    for (int i = 0; i < slots.length; i++) {
      if (slots[i].child() == null
          && slots[i].startAtNanos() <= nowNanos
          && startAtNanos() <= nowNanos) {
        start(i, nowNanos);
      }
    }
  }

  private void start(int index, long nowNanos) {
    ChildProcess child;
    try {
      child = launcher.start(index, startFailures.round());
    } catch (IOException e) {
      Failure failure = failure(FailureKind.THREW, NOT_STARTED, String.valueOf(e.getMessage()));
      startFailed(startFailures.round(), failure, false, nowNanos);
      return;
    }
    slots[index].started(child);
    if (oomKills == null) {
      oomKills = new OomKills();
    }
    settings.listener().childStarted(index, child.process.pid());
    child.nativeOutput = new NativeOutput(child, settings.listener());
    child.nativeOutput.start(exitValue -> post.accept(() -> ended(child, exitValue)));
  }

  private void startFailed(int round, Failure failure, boolean signalled, long nowNanos) {
    Operation news = startFailures.failed(round, failure, signalled, usableSlots() > 0, nowNanos);
    if (news != null) {
      post.accept(() -> session.send(news)); // the first child is started before there is a session
    }
  }

  private Failure startFailure(ChildProcess child, String cause) {
    WorkerSettings.Initializer initializer = settings.initializer();
    // With its connection a child is told to run the initializer; before, Java itself fails.
    String what =
        initializer == null || child.connection == null
            ? NOT_STARTED
            : "the pool's initializer " + initializer.name() + " failed";
    Failure thrown = child.initializerFailure;
    if (thrown != null) {
      String message =
          thrown.getType().isEmpty() || thrown.getKind() != FailureKind.THREW
              ? thrown.getMessage()
              : thrown.getMessage().isEmpty()
                  ? thrown.getType()
                  : thrown.getType() + ": " + thrown.getMessage();
      return thrown.toBuilder().setMessage(sentence(what, message)).build();
    }
    boolean late = child.ending == Ending.TIMED_OUT;
    String message =
        late
            ? "the child process was not ready within initializerTimeout, "
                + settings.initializerTimeout()
                + "; make the initializer shorter, or raise it"
            : "the child process ended before it was ready: " + cause;
    String printed = child.nativeOutput == null ? "" : child.nativeOutput.kept();
    return failure(
        late ? FailureKind.TIMED_OUT : FailureKind.THREW,
        what,
        printed.isEmpty() ? message : message + "; it printed:\n" + printed);
  }

  private Failure failure(FailureKind kind, String what, String why) {
    return Failure.newBuilder()
        .setKind(kind)
        .setMessage(sentence(what, why))
        .setWorker(settings.worker())
        .build();
  }

  private String sentence(String what, String why) {
    int times = startFailures.inARow() + 1;
    return what + (times == 1 ? " once: " : " " + times + " times: ") + why;
  }

  private void ready(ChildProcess child) {
    child.state = State.READY;
    child.deletePage();
    if (!everReady) {
      everReady = true;
      allAtNanos = System.nanoTime() + FIRST_ITEM_NANOS;
    }
    Operation news = startFailures.succeeded();
    if (news != null) {
      session.send(news);
    }
    settings.listener().childReady(child.slot, child.process.pid());
  }

  // Listening.

  /** A channel is ready. */
  void take(SelectionKey key) throws IOException {
    if (!key.isValid()) {
      return;
    }
    if (key.isAcceptable()) {
      accept();
      return;
    }
    Connection connection = (Connection) key.attachment();
    ChildProcess child = connection.child;
    if (key.isReadable() && !read(connection)) {
      connection.close();
      if (child != null) {
        // Its exit should follow.
        child.killAtNanos = Math.min(child.killAtNanos, System.nanoTime() + CLOSE_NANOS);
      }
    }
    if (key.isValid() && key.isWritable() && child != null) {
      flush(connection);
    }
  }

  private void accept() throws IOException {
    SocketChannel channel;
    while ((channel = launcher.server().accept()) != null) {
      channel.configureBlocking(false);
      SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
      key.attach(new Connection(channel, key));
    }
  }

  private boolean read(Connection connection) {
    try {
      return connection.read((type, body) -> take(connection, type, body));
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "connection to a child lost", e);
      return false;
    }
  }

  private void take(Connection connection, byte type, ByteBuffer body) throws IOException {
    ChildProcess child = connection.child;
    if (child == null) {
      switch (type) {
        case Frames.HELLO -> welcome(connection, ChildFrames.token(body));
        case Frames.QUEUE_HELLO -> welcomeToQueue(connection, ChildFrames.token(body));
        default -> throw new IOException("a stranger says " + type);
      }
      return;
    }
    if (connection.queue != null) {
      connection.queue.take(type, body);
      return;
    }
    switch (type) {
      case Frames.READY -> {
        if (child.state == State.STARTING) {
          ready(child);
        }
      }
      case Frames.INIT_FAILED -> {
        child.startFailed = true;
        child.initializerFailure = frames.initializerFailure(body);
      }
      case Frames.RESULTS -> {
        frames.results(child, body);
        allAtNanos = Long.MIN_VALUE;
        slots[child.slot].itemsEnded();
      }
      case Frames.FAILURE -> {
        if (frames.failure(child, body) && child.state == State.READY) {
          leave(child, Ending.UNFIT, CLOSE_NANOS);
        }
        slots[child.slot].itemsEnded();
      }
      case Frames.OUTPUT -> frames.output(child, body);
      default -> throw new IOException("no such frame: " + type);
    }
  }

  private void welcome(Connection connection, String token) throws IOException {
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      if (child != null && child.connection == null && child.token.equals(token)) {
        child.connection = connection;
        connection.child = child;
        child.initialize(settings.initializer());
        flush(child);
        return;
      }
    }
    throw new IOException("nobody has that token");
  }

  /** A child that is known speaks to the queue. */
  private void welcomeToQueue(Connection connection, String token) throws IOException {
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      if (queues != null && child != null && child.queue == null && child.token.equals(token)) {
        connection.child = child;
        connection.queue = queues.of(connection);
        child.queue = connection.queue;
        return;
      }
    }
    throw new IOException("nobody has that token, or its pool shares nothing");
  }

  /** Sends what there is for {@code child}. */
  void flush(ChildProcess child) {
    if (child.connection != null) {
      flush(child.connection);
    }
  }

  private static void flush(Connection connection) {
    try {
      connection.flush();
    } catch (IOException e) {
      // It has died: its exit is on its way, and with it all that is to be said.
      LOG.log(System.Logger.Level.DEBUG, "a child does not listen", e);
    }
  }

  void flush() {
    for (Slot slot : slots) {
      ChildProcess child = slot.ready();
      if (child != null) {
        flush(child);
      }
      ChildProcess any = slot.child(); // an initializer may use the queue too
      if (any != null && any.queue != null) {
        flush(any.queue.connection);
      }
    }
  }

  // Ending.

  /** Kills {@code child} because of the item that it is at work on, or because it doesn't start. */
  void kill(ChildProcess child, Ending ending) {
    child.state = State.LEAVING;
    child.ending = ending;
    child.kill();
  }

  /** Asks the children that run something to end; false: none does. */
  boolean terminate() {
    boolean any = false;
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      if (child != null && child.outstanding() > 0) {
        any = true;
        // By its handle: the other way closes its life line too, which may end it first.
        child.process.toHandle().destroy();
      }
    }
    return any;
  }

  /** Lets those go that have done all that they may. */
  void retire() {
    int tasksMax = settings.maxTasksPerWorker();
    if (tasksMax == 0) {
      return;
    }
    for (Slot slot : slots) {
      ChildProcess child = slot.ready();
      if (child != null && child.next() >= tasksMax && child.outstanding() == 0) {
        leave(child, Ending.RETIRED, RETIRE_NANOS);
      }
    }
  }

  private static void leave(ChildProcess child, Ending ending, long nanos) {
    child.state = State.LEAVING;
    child.ending = ending;
    child.killAtNanos = System.nanoTime() + nanos;
    child.sayBye();
    if (child.connection != null) {
      child.connection.end();
    }
  }

  /** Ends all, and starts no more. Idle ones get a second. */
  void close() {
    closing = true;
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      if (child != null) {
        if (child.state == State.READY && child.outstanding() == 0) {
          leave(child, Ending.CLOSED, CLOSE_NANOS);
        } else {
          kill(child, Ending.CLOSED);
        }
      }
    }
  }

  /** Whatever happens: nothing is left running. */
  void abandon() {
    for (Slot slot : slots) {
      ChildProcess child = slot.child();
      if (child != null) {
        child.kill();
        child.deletePage();
        endQueue(child);
      }
    }
    launcher.close();
  }

  private void ended(ChildProcess child, int exitValue) {
    Connection connection = child.connection;
    if (connection != null) {
      read(connection); // what it said before it died counts
      connection.close();
    }
    endQueue(child);
    child.deletePage();
    long now = System.nanoTime();
    String cause = cause(child, exitValue);
    settings.listener().childEnded(child.slot, child.process.pid(), cause);
    boolean neverReady = child.state == State.STARTING || child.startFailed;
    slots[child.slot].ended(child.ending == Ending.CRASHED && !neverReady, now);
    if (closing) {
      return;
    }
    if (neverReady) {
      boolean signalled =
          child.ending == Ending.CRASHED && !child.startFailed && ExitCause.code(exitValue) < 0;
      startFailed(child.round, startFailure(child, cause), signalled, now);
    } else {
      remains.settle(child, exitValue, cause);
    }
  }

  /** What it sent before it died counts; then what it holds is free. */
  private void endQueue(ChildProcess child) {
    ChildQueue queue = child.queue;
    if (queue != null && queues != null) {
      read(queue.connection);
      queues.end(queue);
    }
  }

  /** The kernel kills by the same signal as anybody else. */
  private String cause(ChildProcess child, int exitValue) {
    return oomKills != null
            && child.ending == Ending.CRASHED
            && ExitCause.code(exitValue) == SIGKILL
            && oomKills.happened()
        ? "OOMKilled at the worker's memory limit"
        : ExitCause.words(exitValue);
  }
}
