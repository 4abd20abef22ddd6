package dev.podpool.sandbox;

import dev.podpool.function.internal.FailureText;
import dev.podpool.function.internal.OwnProcess;
import dev.podpool.function.internal.PayloadWriter;
import dev.podpool.function.internal.QueueBridge;
import dev.podpool.function.internal.ResolvedFunction;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs items one after the other on one thread, which also reads frames and, between items, sends
 * outcomes. Ends by EOF from the supervisor, or after a failure that leaves this process unfit.
 */
final class ItemLoop {
  private final ItemThread thread;
  private final FrameInput input;
  private final Outbox outbox;
  private final ItemOutput output;
  private final SlotPage page;
  private final InputStream noInput = InputStream.nullInputStream();
  private final ClassLoader loader;
  private final ArrayDeque<Run> runs = new ArrayDeque<>();
  private final PayloadWriter result = new PayloadWriter(Frames.PAYLOAD_BYTES_MAX);
  private Function[] functions = new Function[16];
  private @Nullable CodeLoaders loaders; // with the first function that comes with code
  private long revocationsObeyed;
  private long nowNanos;
  private long flushedNanos;
  private byte failureKind;
  private boolean unfit;

  ItemLoop(ItemThread thread, FrameInput input, Outbox outbox, ItemOutput output, SlotPage page) {
    this.thread = thread;
    this.input = input;
    this.outbox = outbox;
    this.output = output;
    this.page = page;
    this.loader = thread.getContextClassLoader();
  }

  /**
   * Runs the initializer, if there is one, and says so.
   *
   * @return false if it failed: this process must end
   */
  boolean initialize() throws IOException {
    restore();
    Frame init = nextFrame();
    if (init.getByte() != 0) {
      byte[] reference = init.getBytes(init.getInt());
      Throwable failure =
          call(new Function(reference, List.of()), init.body, init.position(), init.remaining());
      if (failure != null) {
        addFailure(Frames.INIT_FAILED, 0, failure, 0);
        flush();
        return false;
      }
      restore();
    }
    outbox.add(Frames.READY, new Bytes(0));
    flush();
    return true;
  }

  /** Runs items for as long as the supervisor sends them. */
  void run() throws IOException {
    nowNanos = System.nanoTime();
    while (!unfit) {
      Run run = runs.peekFirst();
      if (run == null) {
        if (!input.isBuffered()) {
          flush(); // nothing more to do: whoever waits gets what there is
        }
        readFrame();
        nowNanos = System.nanoTime();
      } else if (run.next == run.end) {
        runs.removeFirst();
      } else if (page.claim(run.next, revocationsObeyed, nowNanos)) {
        runItem(run);
      } else {
        obeyRevocation();
      }
    }
    flush();
  }

  private void runItem(Run run) throws IOException {
    long sequence = run.next;
    long startedNanos = nowNanos;
    boolean joins = sequence > run.first;
    run.take();
    outbox.watchWhileRunning();
    output.begin(sequence);
    Throwable failure = call(run.function, run.payloads(), run.offset(), run.length());
    restore();
    output.end(); // before the outcome: then the item is forgotten
    nowNanos = System.nanoTime();
    if (failure == null) {
      outbox.addResult(sequence, joins, result, nowNanos - startedNanos);
    } else {
      if (OwnProcess.ofThisJvm() != null) {
        failure.printStackTrace(); // as the end of a program by an exception
      }
      addFailure(Frames.FAILURE, sequence, failure, nowNanos - startedNanos);
    }
    page.done(sequence + 1);
    if (run.flushEach || outbox.isDue(nowNanos - flushedNanos)) {
      flush();
    }
  }

  /**
   * Runs {@code function} and leaves what it gives in {@link #result}.
   *
   * @return what went wrong, and then {@link #failureKind} says where; null if nothing did
   */
  private @Nullable Throwable call(Function function, byte[] payloads, int offset, int length) {
    result.reset();
    failureKind = Frames.FUNCTION_NOT_FOUND;
    try {
      ResolvedFunction resolved = function.resolve(enter(function));
      failureKind = Frames.INPUT_NOT_DECODED;
      Object input = resolved.decode(payloads, offset, length);
      failureKind = Frames.THREW;
      Object output;
      try {
        output = resolved.call(input);
      } finally {
        endOfProcess();
      }
      failureKind = Frames.RESULT_NOT_ENCODED;
      resolved.encode(output, result);
      return null;
    } catch (Throwable failure) {
      if (failureKind == Frames.FUNCTION_NOT_FOUND) {
        failureKind = Function.kindOf(failure);
      }
      return failure;
    }
  }

  /** A process waits for those that it has started. */
  private static void endOfProcess() {
    QueueBridge bridge = QueueBridge.installed();
    if (bridge != null && OwnProcess.ofThisJvm() != null) {
      bridge.end();
    }
  }

  /** Has the thread see what {@code function} came with; {@link #restore} undoes it. */
  private ClassLoader enter(Function function) throws IOException {
    if (!function.hasCode()) {
      return loader;
    }
    if (loaders == null) {
      loaders = new CodeLoaders(loader);
    }
    ClassLoader code = function.loader(loaders);
    thread.setContextClassLoader(code);
    return code;
  }

  private void addFailure(byte type, long sequence, Throwable failure, long nanos) {
    try {
      // Class initializers that it broke stay broken, and memory that was short stays short.
      unfit = failure instanceof VirtualMachineError;
      Bytes body = new Bytes(1024);
      body.putLong(sequence);
      body.putByte(failureKind);
      body.putByte(unfit ? 1 : 0);
      body.putLong(nanos);
      FailureText text = FailureText.of(failure, ItemLoop.class.getName());
      body.putText(text.type());
      body.putText(text.message());
      body.putText(String.join("\n", text.stack()));
      outbox.add(type, body);
    } catch (OutOfMemoryError e) {
      Runtime.getRuntime().halt(Frames.EXIT_OUT_OF_MEMORY);
    }
  }

  /** Undoes what user code may have changed for those after it. */
  @SuppressWarnings("ReferenceEquality") // it may be wrapped in one that equals it
  private void restore() {
    Thread.interrupted();
    if (thread.getContextClassLoader() != loader) {
      thread.setContextClassLoader(loader);
    }
    if (System.out != output.out) {
      System.setOut(output.out);
    }
    if (System.err != output.err) {
      System.setErr(output.err);
    }
    if (System.in != noInput) {
      System.setIn(noInput);
    }
  }

  private void flush() throws IOException {
    thread.shield();
    outbox.flush();
    thread.expose();
    flushedNanos = nowNanos;
  }

  /** A claim failed: the frame that says what to forget is behind those not read yet. */
  private void obeyRevocation() throws IOException {
    long before = revocationsObeyed;
    while (revocationsObeyed == before) {
      if (!input.isBuffered()) {
        flush();
      }
      readFrame();
    }
  }

  private Frame nextFrame() throws IOException {
    thread.shield();
    Frame frame = input.next();
    thread.expose();
    return frame;
  }

  private void readFrame() throws IOException {
    Frame frame = nextFrame();
    switch (frame.type) {
      case Frames.FUNCTION -> define(frame);
      case Frames.RUN -> addRun(frame);
      case Frames.REVOKE -> forget(frame.getLong());
      default -> throw new IOException("no such frame: " + frame.type);
    }
  }

  private void define(Frame frame) {
    int id = frame.getInt();
    if (id >= functions.length) {
      functions = Arrays.copyOf(functions, Math.max(id + 1, 2 * functions.length));
    }
    String[] archives = new String[frame.getInt()];
    for (int i = 0; i < archives.length; i++) {
      archives[i] = frame.getText();
    }
    functions[id] = new Function(frame.getBytes(frame.remaining()), List.of(archives));
  }

  private void addRun(Frame frame) {
    Function function = functions[frame.getInt()];
    long first = frame.getLong();
    int count = frame.getInt();
    boolean flushEach = frame.getByte() == Frames.FLUSH_EACH;
    runs.addLast(new Run(function, first, count, flushEach, frame.body, frame.position()));
  }

  private void forget(long sequence) {
    revocationsObeyed++;
    while (!runs.isEmpty() && runs.getLast().first >= sequence) {
      runs.removeLast();
    }
    if (!runs.isEmpty()) {
      Run last = runs.getLast();
      last.end = Math.min(last.end, sequence);
    }
  }
}
