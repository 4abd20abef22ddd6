package dev.podpool.operator.local;

import com.google.protobuf.ByteString;
import dev.podpool.operator.plan.Worker;
import dev.podpool.protocol.WorkerStart;
import dev.podpool.protocol.WorkerStatus;
import dev.podpool.worker.ExitCause;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One worker process, from its start until its remains are cleared away. Owned by its pool's
 * thread, but for what is volatile.
 */
final class WorkerProcess {

  private static final long LAST_WORDS_MILLIS_MAX = 500;
  private static final long STOPPING_NANOS_MAX = TimeUnit.SECONDS.toNanos(10);

  final int ordinal;
  final String name;
  final ByteString nonce;
  final String templateHash;
  final Instant startedAt;
  // Since when the planner wants it cordoned.
  @Nullable Instant cordonedAt;
  // The planner no longer wants it cordoned, and the queue is not known to have heard so.
  private boolean uncordoning;

  private final Process process;
  private final Path temporary;
  private final RollingLog log;
  private final RuntimeEvents events;
  private boolean ready;
  private volatile boolean stopping;
  private long stoppingSinceNanos;
  private @Nullable Instant unheardSince;
  private volatile Worker.@Nullable End end;
  private volatile int exitCode;

  /** What a worker process is started with. */
  record Start(
      int ordinal,
      String templateHash,
      WorkerStart what,
      ProcessBuilder command,
      Path temporary,
      RollingLog log) {}

  /**
   * Starts the process.
   *
   * @param changed called when a plan should be made anew
   */
  WorkerProcess(Start start, RuntimeEvents events, InstantSource clock, Runnable changed)
      throws IOException {
    this.ordinal = start.ordinal();
    this.name = start.what().getWorker();
    this.nonce = start.what().getNonce();
    this.templateHash = start.templateHash();
    this.startedAt = clock.instant();
    this.temporary = start.temporary();
    this.log = start.log();
    this.events = events;
    this.process = start.command().start();
    events.workerStarted(name, process.pid());
    Thread output = read(process.getInputStream(), 1);
    Thread error = read(process.getErrorStream(), 2);
    try {
      OutputStream lifeLine = process.getOutputStream(); // open for as long as we live
      start.what().writeDelimitedTo(lifeLine);
      lifeLine.flush();
    } catch (IOException e) {
      // It has ended already, and will be seen to.
    }
    var _ =
        process
            .onExit()
            .thenRun(
                () -> {
                  awaitEnd(output);
                  awaitEnd(error);
                  ended(clock.instant());
                  changed.run();
                });
  }

  long pid() {
    return process.pid();
  }

  /** Whether it has taken items, and was not told to end. */
  boolean isReady() {
    return ready && !stopping;
  }

  boolean hasEnded() {
    return end != null;
  }

  /** In words. Only once it has ended. */
  String cause() {
    Worker.End ended = end;
    return ended == null ? "" : ended.cause();
  }

  /** Negative N where signal N ended it. Only once it has ended. */
  int exitCode() {
    return exitCode;
  }

  // ---- what the pool's thread sees

  /**
   * What it is now.
   *
   * @param inQueue what the queue says of its session; null if it has none there
   */
  Worker observe(@Nullable WorkerStatus inQueue) {
    Worker.End ended = end; // it may end meanwhile
    boolean takesItems = inQueue != null && inQueue.getWindow() > 0;
    if (takesItems && !ready && ended == null) {
      events.workerReady(name);
    }
    ready |= takesItems;
    return new Worker(
        ordinal,
        templateHash,
        ended != null ? Worker.Phase.ENDED : phase(inQueue != null),
        startedAt,
        cordonedAt,
        inQueue == null ? 0 : inQueue.getLeased(),
        ended);
  }

  /**
   * Whether the queue must be told again of {@link #cordonedAt}: it joined afterwards, or what was
   * told is lost. Cordoned by somebody else, it stays so.
   *
   * @param cordoned whether it is, in the queue
   */
  boolean mustBeTold(boolean cordoned) {
    uncordoning &= cordoned;
    return cordonedAt != null ? !cordoned : uncordoning;
  }

  /** Whether it is the planner's doing where the queue gives it nothing. */
  boolean isPlannersDoing() {
    return cordonedAt != null || uncordoning;
  }

  /** The planner no longer wants it cordoned. */
  void uncordon() {
    cordonedAt = null;
    uncordoning = true;
  }

  private Worker.Phase phase(boolean known) {
    if (stopping) {
      return Worker.Phase.STOPPING;
    }
    return ready && known ? Worker.Phase.READY : Worker.Phase.STARTING;
  }

  /** Since when it has had no session, though it had one; null if it has one, or never had. */
  @Nullable Instant unheardSince(boolean known, Instant now) {
    unheardSince = known || !ready ? null : unheardSince == null ? now : unheardSince;
    return unheardSince;
  }

  // ---- what the planner wants

  /** Lets it finish what it has begun, give back the rest, and end. */
  void stop() {
    if (!stopping) {
      stopping = true;
      stoppingSinceNanos = System.nanoTime();
      // Process.destroy would cut its life line too.
      process.toHandle().destroy();
    }
  }

  /** Ends it, if it was told to end and has not for too long. It held no item then. */
  void killIfLate() {
    if (stopping && end == null && System.nanoTime() - stoppingSinceNanos > STOPPING_NANOS_MAX) {
      process.destroyForcibly();
    }
  }

  /** Ends it whatever it does, its children too: they notice that it is gone. */
  void kill() {
    stopping = true;
    process.destroyForcibly();
  }

  /** Clears its remains away: nothing of it is left. */
  void remove() {
    RuntimeFiles.delete(temporary);
    log.close();
  }

  // ---- its threads

  private Thread read(InputStream from, int stream) {
    return Thread.ofPlatform()
        .daemon()
        .name("podpool-" + name + "-" + stream)
        .start(
            () -> {
              char[] buffer = new char[8192];
              try (Reader in = new InputStreamReader(from, StandardCharsets.UTF_8)) {
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                  String text = new String(buffer, 0, count);
                  log.append(text);
                  events.output(name, stream, text);
                }
              } catch (IOException e) {
                // Closed with the process.
              }
            });
  }

  private static void awaitEnd(Thread reader) {
    try {
      // A process that it has started may hold the pipe open for longer than it lives.
      reader.join(LAST_WORDS_MILLIS_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void ended(Instant at) {
    exitCode = ExitCause.code(process.exitValue());
    boolean asked = stopping;
    end = new Worker.End(at, asked, ExitCause.words(process.exitValue()));
    events.workerEnded(name, asked, exitCode);
  }
}
