package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.protocol.Failure;
import dev.podpool.sandbox.Bytes;
import dev.podpool.sandbox.Frames;
import dev.podpool.sandbox.SlotPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A child as its supervisor sees it. Invariant: items in [reported, next), by {@link SlotPage}'s
 * numbers, are in {@code sent}, in order; those before are reported, no others were sent. Owned by
 * the supervisor's thread.
 */
final class ChildProcess {
  private static final int FUNCTIONS_MAX = 64;

  enum State {
    /** Started, not yet ready for items. */
    STARTING,
    READY,
    /** Asked to end, or killed. */
    LEAVING
  }

  /** Why a child ends. */
  enum Ending {
    /** Nobody asked it to. */
    CRASHED,
    /** All it may do is done. */
    RETIRED,
    /** Its item was stopped. */
    STOPPED,
    TIMED_OUT,
    /** It said itself that it must be replaced. */
    UNFIT,
    CLOSED
  }

  private record Known(ByteString function, @Nullable Code code) {}

  private record Sent(Items items, long first, long itemNanos, int itemBytes) {
    long end() {
      return first + items.count();
    }
  }

  final int slot;
  final int round;
  final Process process;
  final String token;
  final SlotPage page;
  final long startedNanos = System.nanoTime();
  final List<ItemFilter> filters = new ArrayList<>();
  State state = State.STARTING;
  Ending ending = Ending.CRASHED;
  boolean startFailed;
  @Nullable Failure initializerFailure;
  @Nullable NativeOutput nativeOutput;
  @Nullable Connection connection;
  @Nullable ChildQueue queue; // once it has asked for it
  long killAtNanos = Long.MAX_VALUE;

  private final Path pageFile;
  private final ArrayDeque<Sent> sent = new ArrayDeque<>();
  private final Map<Known, Integer> functions = new LinkedHashMap<>(16, 0.75f, true);
  private long next;
  private long reported;
  private long aheadNanos;
  private long aheadBytes;
  private long timeoutMillisMin;
  private @Nullable Code lastCode; // of what was reported last

  ChildProcess(int slot, int round, Process process, String token, SlotPage page, Path pageFile) {
    this.slot = slot;
    this.round = round;
    this.process = process;
    this.token = token;
    this.page = page;
    this.pageFile = pageFile;
  }

  /** Items sent and not reported. */
  int outstanding() {
    return (int) (next - reported);
  }

  /** Lets the thread that watches whether we live go, so that the child can end at once. */
  void sayBye() {
    try {
      process.getOutputStream().write(0);
      process.getOutputStream().flush();
    } catch (IOException e) {
      // It has ended already.
    }
  }

  long next() {
    return next;
  }

  long reported() {
    return reported;
  }

  long aheadNanos() {
    return aheadNanos;
  }

  long aheadBytes() {
    return aheadBytes;
  }

  /** Items sent that had not begun when asked. */
  int unbegun() {
    return (int) (next - page.begun());
  }

  /** Shortest time-out of an item sent; 0 for none. */
  long timeoutMillisMin() {
    return timeoutMillisMin;
  }

  void initialize(WorkerSettings.@Nullable Initializer initializer) {
    Bytes frame = open().startFrame(Frames.INIT);
    if (initializer == null) {
      frame.putByte(0);
    } else {
      frame.putByte(1);
      frame.putInt(initializer.function().size());
      put(initializer.function(), frame);
      put(initializer.arguments(), frame);
    }
    open().endFrame();
  }

  void send(Items items) {
    int function = functionId(items.workload());
    Bytes frame = open().startFrame(Frames.RUN);
    frame.putInt(function);
    frame.putLong(next);
    frame.putInt(items.count());
    frame.putByte(items.runsOnce() ? Frames.FLUSH_EACH : 0);
    put(items.data(), frame);
    open().endFrame();
    long nanos = items.workload().itemNanos();
    sent.addLast(new Sent(items, next, nanos, items.data().size() / items.count()));
    next += items.count();
    aheadNanos += nanos * items.count();
    aheadBytes += items.data().size();
    long timeout = items.job().getItemTimeoutMillis();
    if (timeout > 0 && (timeoutMillisMin == 0 || timeout < timeoutMillisMin)) {
      timeoutMillisMin = timeout;
    }
  }

  private int functionId(Workload workload) {
    Known function = new Known(workload.function, workload.code);
    Integer known = functions.get(function);
    if (known != null) {
      return known;
    }
    int id = functions.size();
    if (id == FUNCTIONS_MAX) {
      Map.Entry<Known, Integer> eldest = functions.entrySet().iterator().next();
      id = eldest.getValue();
      functions.remove(eldest.getKey());
    }
    functions.put(function, id);
    Bytes frame = open().startFrame(Frames.FUNCTION);
    frame.putInt(id);
    List<String> archives = workload.code == null ? List.of() : workload.code.files;
    frame.putInt(archives.size());
    archives.forEach(frame::putText);
    put(workload.function, frame);
    open().endFrame();
    return id;
  }

  /** Adds those that it may load from to {@code codes}. */
  void codes(Set<Code> codes) {
    for (Known known : functions.keySet()) {
      addIfAny(known.code, codes);
    }
    for (Sent run : sent) {
      addIfAny(run.items.workload().code, codes);
    }
  }

  /** The class path of the item that has begun last; empty: the worker's own. */
  List<CodeArchive> codeAtWork() {
    long last = page.begun() - 1;
    Code code = last < reported ? lastCode : find(last).items.workload().code;
    return code == null ? List.of() : code.archives;
  }

  private static void addIfAny(@Nullable Code code, Set<Code> codes) {
    if (code != null) {
      codes.add(code);
    }
  }

  private static void put(ByteString bytes, Bytes frame) {
    frame.putBytes(bytes.size(), bytes::copyTo);
  }

  /** The run that holds item {@code sequence}, which is not reported. */
  Items run(long sequence) {
    return find(sequence).items;
  }

  /** Index within its job of item {@code sequence}, which is not reported. */
  long index(long sequence) {
    Sent run = find(sequence);
    return run.items.first() + (sequence - run.first);
  }

  private Sent find(long sequence) {
    for (Sent run : sent) {
      if (sequence < run.end()) {
        return run;
      }
    }
    throw new IllegalStateException("item " + sequence + " is not sent, next is " + next);
  }

  /** The next {@code count} items are reported. */
  void reported(int count) {
    Sent run = sent.getFirst();
    lastCode = run.items.workload().code;
    reported += count;
    aheadNanos -= count * run.itemNanos;
    aheadBytes -= (long) count * run.itemBytes;
    if (reported >= run.end()) {
      sent.removeFirst();
    }
    if (sent.isEmpty()) {
      settle();
    }
  }

  private void settle() {
    aheadNanos = 0;
    aheadBytes = 0; // was rounded
    timeoutMillisMin = 0;
  }

  /** Items from {@code from} on and before {@code to}, of those not reported. */
  List<Items> between(long from, long to) {
    List<Items> items = new ArrayList<>();
    for (Sent run : sent) {
      long start = Math.max(Math.max(from, reported), run.first);
      long end = Math.min(to, run.end());
      if (start < end) {
        items.add(run.items.slice((int) (start - run.first), (int) (end - run.first)));
      }
    }
    return items;
  }

  /**
   * Takes items back that have not begun, the last ones.
   *
   * @param kept how many of those not begun the child may keep
   */
  List<Items> revoke(int kept) {
    long begun = page.revoke();
    long from = Math.min(next, begun + kept);
    List<Items> back = between(from, next);
    while (!sent.isEmpty() && sent.getLast().end() > from) {
      Sent run = sent.removeLast();
      long taken = run.end() - Math.max(run.first, from);
      aheadNanos -= taken * run.itemNanos;
      aheadBytes -= taken * run.itemBytes;
      if (run.first < from) {
        Items front = run.items.slice(0, (int) (from - run.first));
        sent.addLast(new Sent(front, run.first, run.itemNanos, run.itemBytes));
        break;
      }
    }
    next = from;
    if (sent.isEmpty()) {
      settle();
    }
    open().startFrame(Frames.REVOKE).putLong(from);
    open().endFrame();
    return back;
  }

  /** Lets nothing more begin, until what was revoked is sent again. */
  void suspend() {
    revoke(Integer.MAX_VALUE);
  }

  /** Whether it is at work on item {@code sequence} and nothing behind it has begun. */
  boolean isRunning(long sequence) {
    return page.begun() == sequence + 1 && page.done() <= sequence;
  }

  void deletePage() {
    try {
      Files.deleteIfExists(pageFile);
    } catch (IOException e) {
      // A page of rubbish in a temporary directory.
    }
  }

  /** Kills it and what it has started. */
  void kill() {
    List<ProcessHandle> descendants =
        process.descendants().toList(); // theirs no more, once it's dead
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
  }

  private Connection open() {
    if (connection == null) {
      throw new IllegalStateException("child " + process.pid() + " has not connected");
    }
    return connection;
  }
}
