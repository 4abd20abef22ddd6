package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Assign;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.CancelJob;
import dev.podpool.protocol.ConfirmResults;
import dev.podpool.protocol.CordonWorker;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DeletePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ExpireSession;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.GiveCredit;
import dev.podpool.protocol.JobResults;
import dev.podpool.protocol.JoinPool;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PutBlob;
import dev.podpool.protocol.Range;
import dev.podpool.protocol.ReleaseJob;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.ReportWorkerEnd;
import dev.podpool.protocol.Returned;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.protocol.Tick;
import dev.podpool.protocol.WorkerLoss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A machine, and what clients and workers called by name do to it: one operation an entry. Items
 * are words; the result of a word is the word with an exclamation mark.
 *
 * <p>After every entry the invariants are checked, and that a machine restored from the snapshot is
 * the same.
 */
final class QueueScript {

  static final String POOL = "squares";

  /** An item in a worker's hands. */
  record Held(Range range, long index) {}

  /** A client or worker. */
  static final class Party {
    long session;
    long sequence;
    final Map<String, Held> held = new LinkedHashMap<>();
    final List<String> taken = new ArrayList<>();
    final List<String> inbox = new ArrayList<>();
    final Map<Long, Reply> replies = new HashMap<>();
    String end = "";
  }

  QueueMachine machine = new QueueMachine();
  Recorded last = new Recorded();
  private final Map<String, Party> parties = new LinkedHashMap<>();
  private long nowMillis = 1_000;
  private boolean checked = true;

  QueueScript() {
    this(DefinePool.newBuilder().setPool(POOL).setUid("uid-1").setMaxAttempts(3));
  }

  QueueScript(DefinePool.Builder pool) {
    client("client");
    assertThat(send("client", Operation.newBuilder().setDefinePool(pool))).isEqualTo("done");
  }

  /** Large scripts check once, at their end. */
  QueueScript unchecked() {
    checked = false;
    return this;
  }

  // ---- entries

  Recorded apply(Entry.Builder entry) {
    last = new Recorded();
    machine.apply(entry.setTimeMillis(nowMillis).build(), last);
    last.all.forEach(this::receive);
    if (checked) {
      Invariants.check(machine);
      QueueMachine restored = QueueMachine.restore(machine.snapshot());
      assertThat(restored.snapshot()).isEqualTo(machine.snapshot());
      assertThat(restored.objects().bytes()).isEqualTo(machine.objects().bytes());
    }
    return last;
  }

  Recorded own(Operation.Builder operation) {
    return apply(Entry.newBuilder().addBatches(Batch.newBuilder().addOperations(operation)));
  }

  /** What the operation was answered; "done" where there was nothing more to say. */
  String send(String name, Operation.Builder operation) {
    Party party = party(name);
    party.sequence++;
    return resend(name, party.sequence, operation);
  }

  String resend(String name, long sequence, Operation.Builder operation) {
    Party party = party(name);
    party.replies.remove(sequence);
    apply(
        Entry.newBuilder()
            .addBatches(
                Batch.newBuilder()
                    .setSession(party.session)
                    .setFirstSequence(sequence)
                    .addOperations(operation)));
    return answer(name, sequence);
  }

  String answer(String name, long sequence) {
    Reply reply = party(name).replies.get(sequence);
    if (reply == null) {
      return "done";
    }
    return reply.hasRefusal() ? reply.getRefusal().getCode().name() : reply.getKindCase().name();
  }

  void passMillis(long millis) {
    nowMillis += millis;
    own(Operation.newBuilder().setTick(Tick.getDefaultInstance()));
  }

  // ---- sessions

  Party party(String name) {
    return parties.computeIfAbsent(name, n -> new Party());
  }

  void client(String name) {
    open(name, OpenSession.newBuilder().setNonce(TestPayloads.id(name)).setPrincipal(name));
  }

  /** What runs in a process of {@code pool}: of the worker whose nonce begins as {@code name}. */
  void child(String name, String pool) {
    open(name, OpenSession.newBuilder().setNonce(TestPayloads.id(name)).setPool(pool));
  }

  /** A worker of {@code slots} that has given credit for {@code window}. */
  List<String> worker(String name, int slots, int window) {
    openWorker(name, slots, name);
    return credit(name, window);
  }

  void openWorker(String name, int slots, String nonce) {
    openWorker(name, slots, nonce, 0);
  }

  void openWorker(String name, int slots, String nonce, long heldBytesMax) {
    parties.put(name, new Party());
    open(
        name,
        OpenSession.newBuilder()
            .setNonce(TestPayloads.id(nonce))
            .setPrincipal("worker")
            .setPool(POOL)
            .setWorker(name)
            .setSlots(slots)
            .setHeldBytesMax(heldBytesMax));
  }

  private void open(String name, OpenSession.Builder open) {
    own(Operation.newBuilder().setOpenSession(open));
    for (Recorded.Effect effect : last.all) {
      if (effect instanceof Recorded.Opened opened) {
        party(name).session = opened.reply().getSessionOpened().getSession();
      }
    }
  }

  void expire(String name) {
    own(
        Operation.newBuilder()
            .setExpireSession(ExpireSession.newBuilder().setSession(party(name).session)));
  }

  // ---- what everybody does

  String put(String name, Blob blob, long offset, int bytes) {
    return put(name, blob, offset, ByteString.copyFrom(new byte[bytes]));
  }

  String put(String name, Blob blob, long offset, ByteString data) {
    return send(
        name,
        Operation.newBuilder()
            .setPutBlob(PutBlob.newBuilder().setBlob(blob).setOffset(offset).setData(data)));
  }

  /** In one piece, by the client; what stands for it among words. */
  String put(Blob blob) {
    assertThat(put("client", blob, 0, (int) blob.getSizeBytes())).isEqualTo("done");
    return TestPayloads.word(blob);
  }

  /** What was forgotten with the last entry. */
  List<Blob> forgotten() {
    return last.all.stream()
        .filter(Recorded.Forgotten.class::isInstance)
        .map(effect -> ((Recorded.Forgotten) effect).blob())
        .toList();
  }

  /** The blobs that are there, whole or not. */
  List<Blob> blobs() {
    return machine.snapshot().getBlobsList().stream().map(BlobSnapshot::getBlob).toList();
  }

  // ---- what clients do

  String reportEnd(String client, String nonce, int exitCode, String cause) {
    return reportEnd(
        client,
        ReportWorkerEnd.newBuilder()
            .setNonce(TestPayloads.id(nonce))
            .setExitCode(exitCode)
            .setCause(cause));
  }

  String reportEnd(String client, ReportWorkerEnd.Builder end) {
    return send(client, Operation.newBuilder().setReportWorkerEnd(end));
  }

  static SubmitJob.Builder job(String id, String... words) {
    return SubmitJob.newBuilder()
        .setJobId(TestPayloads.id(id))
        .setPool(POOL)
        .setFunctionName("Words::shout")
        .setInputs(TestPayloads.of(words))
        .setChunk(1)
        .setComplete(true);
  }

  String submit(SubmitJob.Builder job) {
    return submit("client", job);
  }

  String submit(String client, SubmitJob.Builder job) {
    return send(client, Operation.newBuilder().setSubmitJob(job));
  }

  String submit(String id, String... words) {
    return submit(job(id, words));
  }

  String cancel(String id) {
    return send(
        "client",
        Operation.newBuilder().setCancelJob(CancelJob.newBuilder().setJobId(TestPayloads.id(id))));
  }

  String release(String id) {
    return send(
        "client",
        Operation.newBuilder()
            .setReleaseJob(ReleaseJob.newBuilder().setJobId(TestPayloads.id(id))));
  }

  String confirm(String client, String id, long position) {
    return send(
        client,
        Operation.newBuilder()
            .setConfirmResults(
                ConfirmResults.newBuilder().setJobId(TestPayloads.id(id)).setPosition(position)));
  }

  String join(String client, long timeoutMillis) {
    return send(
        client,
        Operation.newBuilder()
            .setJoinPool(JoinPool.newBuilder().setPool(POOL).setTimeoutMillis(timeoutMillis)));
  }

  String deletePool() {
    return deletePool("");
  }

  String deletePool(String uid) {
    return send(
        "client",
        Operation.newBuilder().setDeletePool(DeletePool.newBuilder().setPool(POOL).setUid(uid)));
  }

  /** What {@code name} was told since this was last asked. */
  List<String> told(String name) {
    List<String> told = List.copyOf(party(name).inbox);
    party(name).inbox.clear();
    return told;
  }

  PoolStatus status() {
    return machine.status(POOL);
  }

  // ---- what workers do

  /** Words handed out to the worker since this was last asked. */
  List<String> taken(String worker) {
    List<String> taken = List.copyOf(party(worker).taken);
    party(worker).taken.clear();
    return taken;
  }

  List<String> credit(String worker, int window) {
    assertThat(
            send(
                worker,
                Operation.newBuilder().setGiveCredit(GiveCredit.newBuilder().setWindow(window))))
        .isEqualTo("done");
    return taken(worker);
  }

  Held held(String worker, String word) {
    Held held = party(worker).held.get(word);
    assertThat(held).as("%s holds %s", worker, word).isNotNull();
    return held;
  }

  String succeed(String worker, String... words) {
    return report(
        worker,
        Arrays.stream(words)
            .map(word -> outcome(held(worker, word)).setSucceeded(TestPayloads.of(word + "!"))));
  }

  String succeedWith(String worker, String word, String result) {
    return report(
        worker, Stream.of(outcome(held(worker, word)).setSucceeded(TestPayloads.of(result))));
  }

  String fail(String worker, String word) {
    Failure failure = Failure.newBuilder().setKind(FailureKind.THREW).setMessage("bad").build();
    return report(
        worker,
        Arrays.stream(new String[] {word})
            .map(each -> outcome(held(worker, each)).setFailed(failure)));
  }

  String lose(String worker, String... words) {
    WorkerLoss loss = WorkerLoss.newBuilder().setWorker(worker).setExitCode(-9).build();
    return report(
        worker, Arrays.stream(words).map(word -> outcome(held(worker, word)).setLost(loss)));
  }

  String giveBack(String worker, String... words) {
    return report(
        worker,
        Arrays.stream(words)
            .map(word -> outcome(held(worker, word)).setReturned(Returned.getDefaultInstance())));
  }

  static Outcome.Builder outcome(Held held) {
    return Outcome.newBuilder()
        .setJobId(held.range().getJob().getJobId())
        .setLease(held.range().getLease())
        .setFirst(held.index())
        .setCount(1);
  }

  String report(String worker, Stream<Outcome.Builder> outcomes) {
    ReportItems.Builder report = ReportItems.newBuilder();
    outcomes.forEach(report::addOutcomes);
    List<String> before = List.copyOf(party(worker).held.keySet());
    String answer = send(worker, Operation.newBuilder().setReportItems(report));
    for (String word : before) {
      Held held = party(worker).held.get(word);
      for (Outcome outcome : report.getOutcomesList()) {
        if (held != null
            && outcome.getLease() == held.range().getLease()
            && outcome.getJobId().equals(held.range().getJob().getJobId())
            && held.index() >= outcome.getFirst()
            && held.index() < outcome.getFirst() + outcome.getCount()) {
          party(worker).held.remove(word);
        }
      }
    }
    return answer;
  }

  String cordon(String worker, boolean cordoned) {
    return send(
        "client",
        Operation.newBuilder()
            .setCordonWorker(
                CordonWorker.newBuilder().setPool(POOL).setWorker(worker).setCordoned(cordoned)));
  }

  // ---- what comes back

  private void receive(Recorded.Effect effect) {
    if (effect instanceof Recorded.Replied replied) {
      of(replied.session()).replies.put(replied.reply().getSequence(), replied.reply());
    } else if (effect instanceof Recorded.Delivered delivered) {
      receive(of(delivered.session()), delivered.delivery());
    } else if (effect instanceof Recorded.Finished finished) {
      of(finished.session()).end = finished.reason().getCode().name();
    }
  }

  private Party of(long session) {
    return parties.values().stream()
        .filter(party -> party.session == session)
        .findFirst()
        .orElseGet(Party::new);
  }

  private static void receive(Party party, Delivery delivery) {
    switch (delivery.getKindCase()) {
      case ASSIGN -> receive(party, delivery.getAssign());
      case RECALL -> party.inbox.add("recall " + delivery.getRecall().getCount());
      case SIGNAL -> party.inbox.add("signal " + delivery.getSignal().getSignal());
      case STOP -> {
        var stop = delivery.getStop();
        party
            .held
            .entrySet()
            .removeIf(
                entry -> {
                  Held held = entry.getValue();
                  boolean its =
                      held.range().getJob().getJobId().equals(stop.getJobId())
                          && held.range().getLease() == stop.getLease()
                          && held.index() >= stop.getFirst()
                          && held.index() < stop.getFirst() + stop.getCount();
                  if (its) {
                    party.inbox.add("stop " + entry.getKey());
                  }
                  return its;
                });
      }
      case JOB_RESULTS -> receive(party, delivery.getJobResults());
      case JOB_GONE -> party.inbox.add("job gone");
      case POOL_GONE -> party.inbox.add("pool gone");
      case KIND_NOT_SET -> throw new AssertionError("an empty delivery");
    }
  }

  private static void receive(Party party, Assign assign) {
    if (assign.getComplete()) {
      party.held.clear();
    }
    for (Range range : assign.getRangesList()) {
      long index = range.getFirst();
      for (String word : TestPayloads.words(range.getInputs())) {
        party.held.put(word, new Held(range, index++));
        party.taken.add(range.getAttempt() > 1 ? word + "#" + range.getAttempt() : word);
      }
    }
  }

  private static void receive(Party party, JobResults results) {
    for (Outcome outcome : results.getOutcomesList()) {
      switch (outcome.getKindCase()) {
        case SUCCEEDED ->
            TestPayloads.words(outcome.getSucceeded()).forEach(word -> party.inbox.add(word));
        case FAILED -> add(party, outcome, "failed: " + outcome.getFailed().getMessage());
        case ENDED -> add(party, outcome, outcome.getEnded().getState().name());
        default -> throw new AssertionError("not an end: " + outcome);
      }
    }
    if (results.getLast()) {
      party.inbox.add("last");
    }
  }

  private static void add(Party party, Outcome outcome, String what) {
    for (long i = outcome.getFirst(); i < outcome.getFirst() + outcome.getCount(); i++) {
      party.inbox.add("#" + i + " " + what);
    }
  }
}
