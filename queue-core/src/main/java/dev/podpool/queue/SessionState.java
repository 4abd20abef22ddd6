package dev.podpool.queue;

import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SessionSnapshot;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the queue keeps for one session, so that a reconnect loses nothing. */
final class SessionState {

  /** With so many answers unconfirmed, nothing more of the session is applied. */
  static final int ANSWERS_MAX = 4096;

  /** So it is with so many bytes of answers; there may be one answer more. */
  static final long ANSWER_BYTES_MAX = 4L << 20;

  /** Bytes of outcomes that a session gets ahead of what it has confirmed; one more at most. */
  static final long UNCONFIRMED_BYTES_MAX = 16L << 20;

  /** At shared objects; and as many for pools' work to end. */
  static final int WAITS_MAX = 100_000;

  /** Half of a nonce: with it begin those of a worker, and of what runs in its processes. */
  static final int WORKER_BYTES = 8;

  final long id;
  final OpenSession opened;
  // Null for a client's session.
  final @Nullable WorkerState worker;
  // By number, so that their order needs no keeping.
  final TreeMap<Long, Job> watched = new TreeMap<>();
  // Jobs that end with this session.
  final TreeMap<Long, Job> bound = new TreeMap<>();
  // Processes that it has started, by the names of their pools.
  final TreeMap<String, Pool> started = new TreeMap<>();
  // Shared objects that it has opened, by number.
  final TreeMap<Long, SharedObject> objects = new TreeMap<>();
  // Not yet confirmed; ascending sequences. An operation without a reply was simply done.
  private final ArrayDeque<Reply> replies = new ArrayDeque<>();
  // Late replies of operations that waited, by sequence, until confirmed one by one.
  private final LinkedHashMap<Long, Reply> wakes = new LinkedHashMap<>();
  private long answerBytes; // of both
  long applied;
  int joins; // that wait for a pool's work to end
  // Of outcomes that were delivered to it.
  long unconfirmedBytes;
  // Watched ones that have more for it, while it is full. First come, first served.
  final LinkedHashSet<Job> waiting = new LinkedHashSet<>();

  SessionState(long id, OpenSession opened, @Nullable WorkerState worker) {
    this.id = id;
    this.opened = opened;
    this.worker = worker;
  }

  /** Whether it is a worker's, or of what runs in one of a worker's processes. */
  boolean isOfPool() {
    return !opened.getPool().isEmpty();
  }

  /** Whether it is of what runs in the processes of {@code other}, or that one's own. */
  boolean isOf(WorkerState other) {
    return other.nonce.startsWith(opened.getNonce().substring(0, WORKER_BYTES));
  }

  /** Whether {@code process} was started in this session, or another of its worker. */
  boolean hasStarted(ProcessState process) {
    return process.isStartedBy(opened.getNonce().substring(0, WORKER_BYTES));
  }

  // ---- answers

  /** Whether it must confirm before it may go on: answers are kept, and so must be bounded. */
  boolean mustConfirm() {
    return replies.size() + wakes.size() >= ANSWERS_MAX || hasItsFill();
  }

  /** Whether half of what may be kept is. */
  boolean hasMuchToConfirm() {
    return replies.size() + wakes.size() >= ANSWERS_MAX / 2 || answerBytes >= ANSWER_BYTES_MAX / 2;
  }

  /**
   * Whether it gets no further item before it confirms: that may be as long as an answer can be.
   */
  boolean hasItsFill() {
    return answerBytes >= ANSWER_BYTES_MAX;
  }

  /** {@code reply}, to the operation that was applied last, is kept. */
  void keep(Reply reply) {
    replies.add(reply);
    answerBytes += reply.getSerializedSize();
  }

  /** {@code wake}, to an operation that has waited, is kept. */
  void keepWake(Reply wake) {
    wakes.put(wake.getSequence(), wake);
    answerBytes += wake.getSerializedSize();
  }

  /** What answers operations up to {@code sequence} has arrived, but for wakes. */
  void confirm(long sequence) {
    while (!replies.isEmpty() && replies.peek().getSequence() <= sequence) {
      answerBytes -= replies.remove().getSerializedSize();
    }
  }

  void confirmWake(long sequence) {
    Reply wake = wakes.remove(sequence);
    answerBytes -= wake == null ? 0 : wake.getSerializedSize();
  }

  /** The answer that {@code sequence} got, if it is kept. */
  @Nullable Reply answered(long sequence) {
    for (Reply reply : replies) {
      if (reply.getSequence() == sequence) {
        return reply;
      }
    }
    return wakes.get(sequence);
  }

  /** All that are kept, in an order in which they may be told. */
  Stream<Reply> answers() {
    return Stream.concat(replies.stream(), wakes.values().stream());
  }

  // ---- outcomes

  /** Whether it gets no further outcome until it has confirmed some. */
  boolean isFull() {
    return unconfirmedBytes >= UNCONFIRMED_BYTES_MAX;
  }

  // ---- snapshot

  SessionSnapshot snapshot() {
    SessionSnapshot.Builder into =
        SessionSnapshot.newBuilder()
            .setSession(id)
            .setOpened(opened)
            .setApplied(applied)
            .addAllReplies(replies)
            .addAllWakes(wakes.values());
    waiting.forEach(job -> into.addWaitingJobs(job.number));
    if (worker != null) {
      into.setWindow(worker.window).setCordoned(worker.cordoned).setRecalled(worker.recalled);
    }
    return into.build();
  }

  void restoreAnswers(SessionSnapshot from) {
    from.getRepliesList().forEach(this::keep);
    from.getWakesList().forEach(this::keepWake);
  }
}
