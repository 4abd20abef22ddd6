package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.Charge;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.JobResults;
import dev.podpool.protocol.JobSnapshot;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.PutBlob;
import dev.podpool.protocol.Range;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.Snapshot;
import dev.podpool.protocol.SubmitJob;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a queue of one pool should do, written as plainly as can be: one object an item, no ranges,
 * no order of hand-outs. It predicts every state but who is given what; that it takes from the
 * machine's effects, and checks that it was allowed.
 */
final class Model {

  static final class Item {
    String word;
    int state = ItemState.READY_VALUE;
    Worker worker;
    int lease;
    boolean sole;
    int deaths;
    // As what it ended last, dropped or not.
    ItemState end = ItemState.ITEM_STATE_UNSPECIFIED;
  }

  static final class Job {
    SubmitJob submitted;
    long owner;
    final List<Item> items = new ArrayList<>();
    boolean complete;
    boolean settled;
    long dueAtMillis;
    final Map<Long, Outcome> log = new HashMap<>();

    long count(ItemState end) {
      return items.stream().filter(item -> item.end == end).count();
    }

    boolean hasEnded() {
      return complete && items.stream().allMatch(item -> item.state > ItemState.LEASED_VALUE);
    }
  }

  static final class Worker {
    String name;
    int slots;
    int window;
    boolean cordoned;
    int leased;
    final List<Range> given = new ArrayList<>();
  }

  static final class Session {
    long id;
    ByteString nonce;
    long applied;
    Worker worker;
    final Map<ByteString, Long> read = new HashMap<>();
  }

  final Map<Long, Session> sessions = new LinkedHashMap<>();
  final Map<ByteString, Job> jobs = new LinkedHashMap<>();
  // How many bytes of each are there.
  final Map<Blob, Integer> blobs = new LinkedHashMap<>();
  long nowMillis;
  private final Map<Blob, Long> lastPieceMillis = new HashMap<>();
  private boolean defined;
  private boolean failed;
  // By the entry that is being applied.
  private final List<Recorded.Written> written = new ArrayList<>();
  // Sequences that must be answered STALE_ATTEMPT, by session.
  private final Map<Long, Map<Long, Boolean>> reports = new HashMap<>();

  /** Predicts what {@code entry} does, and compares with what it did. */
  void apply(Entry entry, Recorded effects, Snapshot after) {
    reports.clear();
    nowMillis = Math.max(nowMillis, entry.getTimeMillis());
    passTime();
    effects.all.forEach(this::forgetBlob);
    written.clear();
    // Numbers come from the machine; that they are new is checked below.
    var numbers = new ArrayList<Long>();
    for (Recorded.Effect effect : effects.all) {
      if (effect instanceof Recorded.Opened opened) {
        numbers.add(opened.reply().getSessionOpened().getSession());
      }
    }
    for (Batch batch : entry.getBatchesList()) {
      long sequence = batch.getFirstSequence();
      for (Operation operation : batch.getOperationsList()) {
        if (batch.getSession() == 0) {
          own(operation, numbers);
        } else {
          Session session = sessions.get(batch.getSession());
          if (session != null && sequence == session.applied + 1) {
            session.applied = sequence;
            apply(operation, session, sequence);
          }
        }
        sequence++;
      }
    }
    failIfGivenUp();
    effects.all.forEach(this::take);
    assertThat(effects.all.stream().filter(Recorded.Written.class::isInstance).toList())
        .isEqualTo(written);
    settle();
    compare(after);
  }

  private void own(Operation operation, List<Long> numbers) {
    if (operation.hasExpireSession()) {
      end(sessions.get(operation.getExpireSession().getSession()), true);
    } else if (operation.hasOpenSession()) {
      OpenSession open = operation.getOpenSession();
      long number = numbers.remove(0);
      if (sessions.containsKey(number)) {
        return; // the nonce was known
      }
      Session session = new Session();
      session.id = number;
      session.nonce = open.getNonce();
      if (!open.getWorker().isEmpty()) {
        sessions.values().stream()
            .filter(other -> other.worker != null && other.worker.name.equals(open.getWorker()))
            .toList()
            .forEach(other -> end(other, true));
        session.worker = new Worker();
        session.worker.name = open.getWorker();
        session.worker.slots = open.getSlots();
      }
      sessions.put(number, session);
    }
  }

  private void apply(Operation operation, Session session, long sequence) {
    switch (operation.getKindCase()) {
      case CLOSE_SESSION -> end(session, false);
      case DELETE_POOL -> {
        sessions.values().stream()
            .filter(each -> each.worker != null)
            .toList()
            .forEach(each -> end(each, false));
        jobs.clear();
        failed = false;
        defined = false;
      }
      case DEFINE_POOL -> defined = true;
      case REPORT_POOL_FAILURE -> {
        var report = operation.getReportPoolFailure();
        failed = defined && report.getFailures() > 0 && report.getFinal();
        if (failed && session.worker != null) {
          session.worker.window = 0;
        }
      }
      case SUBMIT_JOB -> {
        SubmitJob submit = operation.getSubmitJob();
        boolean known = jobs.containsKey(submit.getJobId());
        if (!defined || !known && !areThere(submit)) {
          return;
        }
        if (!known) {
          Job job = new Job();
          job.submitted = submit;
          job.owner = session.id;
          job.complete = submit.getComplete();
          job.dueAtMillis =
              submit.getDeadlineMillis() > 0 ? nowMillis + submit.getDeadlineMillis() : 0;
          add(job, TestPayloads.words(submit.getInputs()));
          jobs.put(submit.getJobId(), job);
        }
        session.read.put(submit.getJobId(), null);
      }
      case ADD_ITEMS -> {
        var add = operation.getAddItems();
        Job job = jobs.get(add.getJobId());
        if (job != null
            && !job.complete
            && add.getFirst() == job.items.size()
            && areThere(add.getInputs())) {
          add(job, TestPayloads.words(add.getInputs()));
          job.complete = add.getComplete();
        }
      }
      case END_ITEMS -> {
        Job job = jobs.get(operation.getEndItems().getJobId());
        if (job != null) {
          job.complete = true;
        }
      }
      case CANCEL_JOB -> {
        Job job = jobs.get(operation.getCancelJob().getJobId());
        if (job != null) {
          endAll(job, ItemState.CANCELLED);
        }
      }
      case RELEASE_JOB -> forget(operation.getReleaseJob().getJobId());
      case WATCH_JOB -> session.read.put(operation.getWatchJob().getJobId(), null);
      case RETRY_DEAD -> {
        Job job = jobs.get(operation.getRetryDead().getJobId());
        if (job != null && !job.submitted.getDiscardConfirmed()) {
          for (Item item : job.items) {
            if (item.state == ItemState.DEAD_VALUE) {
              item.state = ItemState.READY_VALUE;
              item.end = ItemState.READY;
              job.dueAtMillis = job.settled ? 0 : job.dueAtMillis;
              job.settled = false;
            }
          }
        }
      }
      case DROP_DEAD -> {
        Job job = jobs.get(operation.getDropDead().getJobId());
        if (job != null && !job.submitted.getDiscardConfirmed()) {
          job.items.stream()
              .filter(item -> item.state == ItemState.DEAD_VALUE)
              .forEach(item -> item.state = ItemState.CANCELLED_VALUE);
        }
      }
      case GIVE_CREDIT -> session.worker.window = operation.getGiveCredit().getWindow();
      case CORDON_WORKER -> {
        var cordon = operation.getCordonWorker();
        sessions.values().stream()
            .filter(each -> each.worker != null && each.worker.name.equals(cordon.getWorker()))
            .forEach(each -> each.worker.cordoned = cordon.getCordoned());
      }
      case PUT_BLOB -> put(operation.getPutBlob());
      case REPORT_WORKER_END -> {
        ByteString nonce = operation.getReportWorkerEnd().getNonce();
        sessions.values().stream()
            .filter(each -> each.nonce.equals(nonce))
            .findFirst()
            .ifPresent(each -> end(each, true, operation.getReportWorkerEnd().getDisrupted()));
      }
      case REPORT_ITEMS -> {
        boolean stale = report(operation.getReportItems(), session.worker);
        reports.computeIfAbsent(session.id, id -> new HashMap<>()).put(sequence, stale);
      }
      default -> {} // changes nothing that is modelled
    }
    settle();
  }

  // ---- blobs

  private void put(PutBlob put) {
    Blob blob = put.getBlob();
    long received = blobs.getOrDefault(blob, 0);
    long end = put.getOffset() + put.getData().size();
    if (put.getOffset() > received
        || end > blob.getSizeBytes()
        || put.getData().isEmpty() != (blob.getSizeBytes() == 0)) {
      return;
    }
    if (end > received || !blobs.containsKey(blob)) {
      written.add(
          new Recorded.Written(
              blob, received, ByteString.copyFrom(new byte[(int) (end - received)])));
    }
    blobs.put(blob, (int) Math.max(received, end));
    lastPieceMillis.put(blob, nowMillis);
  }

  boolean isThere(Blob blob) {
    return blobs.getOrDefault(blob, -1) == blob.getSizeBytes();
  }

  private boolean areThere(SubmitJob submit) {
    return areThere(submit.getInputs())
        && submit.getCodeList().stream().allMatch(code -> isThere(code.getArchive()));
  }

  private boolean areThere(Payloads run) {
    return TestPayloads.words(run).stream().allMatch(this::isThere);
  }

  private boolean isThere(String word) {
    return !TestPayloads.isBlob(word) || isThere(TestPayloads.blob(word));
  }

  /** When it goes depends on what was confirmed; that it may go is checked. */
  private void forgetBlob(Recorded.Effect effect) {
    if (effect instanceof Recorded.Forgotten forgotten) {
      Blob blob = forgotten.blob();
      String word = TestPayloads.word(blob);
      assertThat(blobs.remove(blob)).as("was there").isNotNull();
      assertThat(nowMillis)
          .isGreaterThanOrEqualTo(lastPieceMillis.get(blob) + Blobs.UNREFERRED_MILLIS);
      for (Job job : jobs.values()) {
        assertThat(job.submitted.getCodeList()).noneMatch(code -> code.getArchive().equals(blob));
        assertThat(job.items)
            .noneMatch(item -> item.state <= ItemState.LEASED_VALUE && item.word.equals(word));
      }
    }
  }

  private static void add(Job job, List<String> words) {
    for (String word : words) {
      Item item = new Item();
      item.word = word;
      job.items.add(item);
    }
  }

  private boolean report(ReportItems report, Worker worker) {
    boolean stale = false;
    for (Outcome outcome : report.getOutcomesList()) {
      Job job = jobs.get(outcome.getJobId());
      List<String> results = TestPayloads.words(outcome.getSucceeded());
      for (long i = outcome.getFirst(); i < outcome.getFirst() + outcome.getCount(); i++) {
        Item item = job == null || i >= job.items.size() ? null : job.items.get((int) i);
        if (item == null
            || item.state != ItemState.LEASED_VALUE
            || item.worker != worker
            || item.lease != outcome.getLease()) {
          stale = true;
          continue;
        }
        switch (outcome.getKindCase()) {
          case SUCCEEDED -> {
            boolean usable = isThere(results.get((int) (i - outcome.getFirst())));
            free(item, usable ? ItemState.SUCCEEDED : ItemState.FAILED);
          }
          case FAILED -> free(item, ItemState.FAILED);
          case LOST -> charge(job, item);
          default -> free(item, ItemState.READY);
        }
      }
    }
    return stale;
  }

  private static void free(Item item, ItemState state) {
    if (item.worker != null) {
      item.worker.leased--;
    }
    item.worker = null;
    item.lease = 0;
    item.state = state.getNumber();
    item.end = state;
    if (state != ItemState.READY) {
      item.deaths = 0;
    }
  }

  private static void charge(Job job, Item item) {
    item.deaths++;
    free(item, item.deaths >= attempts(job) ? ItemState.DEAD : ItemState.READY);
  }

  private static int attempts(Job job) {
    return job.submitted.getMaxAttempts() > 0 ? job.submitted.getMaxAttempts() : 3;
  }

  private void end(Session session, boolean lost) {
    end(session, lost, false);
  }

  private void end(Session session, boolean lost, boolean disrupted) {
    if (session == null) {
      return;
    }
    sessions.remove(session.id);
    for (Job job : jobs.values()) {
      for (Item item : job.items) {
        if (session.worker != null && item.worker == session.worker) {
          if (lost && ((item.sole && !disrupted) || attempts(job) == 1)) {
            charge(job, item);
          } else {
            free(item, ItemState.READY);
          }
        }
      }
    }
    settle();
    List.copyOf(jobs.values()).stream()
        .filter(job -> job.owner == session.id && job.submitted.getWithSession())
        .forEach(job -> forget(job.submitted.getJobId()));
  }

  private static void endAll(Job job, ItemState state) {
    job.complete = true;
    job.items.stream()
        .filter(item -> item.state <= ItemState.LEASED_VALUE)
        .forEach(item -> free(item, state));
  }

  private void forget(ByteString id) {
    Job job = jobs.remove(id);
    if (job != null) {
      endAll(job, ItemState.CANCELLED);
    }
  }

  private void failIfGivenUp() {
    boolean anyUp =
        sessions.values().stream().anyMatch(each -> each.worker != null && each.worker.window > 0);
    if (failed && !anyUp) {
      for (Job job : jobs.values()) {
        job.items.stream()
            .filter(item -> item.state <= ItemState.LEASED_VALUE)
            .forEach(item -> free(item, ItemState.FAILED));
      }
    }
    settle();
  }

  /** A job that has ended is kept for its retention. */
  private void settle() {
    for (Job job : jobs.values()) {
      if (job.hasEnded() && !job.settled) {
        job.settled = true;
        job.dueAtMillis = nowMillis + job.submitted.getRetentionMillis();
      }
    }
  }

  private void passTime() {
    for (Job job : List.copyOf(jobs.values())) {
      while (job.dueAtMillis > 0 && job.dueAtMillis <= nowMillis) {
        job.dueAtMillis = 0;
        if (job.settled) {
          forget(job.submitted.getJobId());
        } else {
          endAll(job, ItemState.EXPIRED);
          settle();
        }
      }
    }
  }

  // ---- what the machine did

  private void take(Recorded.Effect effect) {
    if (effect instanceof Recorded.Delivered delivered) {
      Session session = sessions.get(delivered.session());
      Delivery delivery = delivered.delivery();
      if (session != null && delivery.hasAssign()) {
        delivery.getAssign().getRangesList().forEach(range -> take(session.worker, range));
      } else if (session != null && delivery.hasJobResults()) {
        take(session, delivery.getJobResults());
      }
    } else if (effect instanceof Recorded.Replied replied) {
      Map<Long, Boolean> its = reports.getOrDefault(replied.session(), new HashMap<>());
      Boolean stale = its.remove(replied.reply().getSequence());
      if (stale != null) {
        assertThat(stale).isTrue();
        assertThat(replied.reply().getRefusal().getCode()).isEqualTo(ErrorCode.STALE_ATTEMPT);
      }
    } else if (effect instanceof Recorded.Finished finished) {
      assertThat(sessions).doesNotContainKey(finished.session());
      reports.remove(finished.session());
    }
  }

  private void take(Worker worker, Range range) {
    Job job = jobs.get(range.getJob().getJobId());
    assertThat(worker.cordoned).isFalse();
    int first = (int) range.getFirst();
    List<String> words = TestPayloads.words(range.getInputs());
    boolean sole = words.size() == 1 && worker.leased < worker.slots;
    for (String word : words) {
      Item item = job.items.get(first++);
      assertThat(word).isEqualTo(item.word);
      assertThat(item.state).as("only what is ready is given").isEqualTo(ItemState.READY_VALUE);
      assertThat(item.deaths + 1).isEqualTo(range.getAttempt());
      if (item.deaths > 0 || attempts(job) == 1) {
        assertThat(sole).as("given alone").isTrue();
      }
      item.state = ItemState.LEASED_VALUE;
      item.worker = worker;
      item.lease = range.getLease();
      item.sole = sole;
      worker.leased++;
    }
    assertThat(worker.leased).isLessThanOrEqualTo(worker.window);
    worker.given.add(range);
  }

  private void take(Session session, JobResults results) {
    Job job = jobs.get(results.getJobId());
    Long expected = session.read.get(results.getJobId());
    if (expected != null) {
      assertThat(results.getPosition()).as("no gap, nothing twice").isEqualTo(expected);
    }
    long position = results.getPosition();
    for (Outcome outcome : results.getOutcomesList()) {
      if (job != null) {
        Outcome before = job.log.putIfAbsent(position, outcome);
        assertThat(before == null || before.equals(outcome)).as("outcomes never change").isTrue();
      }
      position++;
    }
    session.read.put(results.getJobId(), position);
    if (results.getLast() && job != null) {
      assertThat(job.hasEnded()).isTrue();
    }
  }

  private void compare(Snapshot after) {
    reports.values().forEach(each -> assertThat(each.values()).doesNotContain(true));
    assertThat(after.getSessionsList().stream().map(each -> each.getSession()))
        .containsExactlyInAnyOrderElementsOf(sessions.keySet());
    assertThat(after.getJobsList().stream().map(each -> each.getSubmitted().getJobId()))
        .containsExactlyInAnyOrderElementsOf(jobs.keySet());
    assertThat(after.getBlobsList()).hasSameSizeAs(blobs.keySet());
    for (BlobSnapshot actual : after.getBlobsList()) {
      assertThat(blobs).containsEntry(actual.getBlob(), (int) actual.getReceivedBytes());
    }
    for (JobSnapshot actual : after.getJobsList()) {
      Job job = jobs.get(actual.getSubmitted().getJobId());
      assertThat(actual.getFailed()).isEqualTo(job.count(ItemState.FAILED));
      assertThat(actual.getDead()).isEqualTo(job.count(ItemState.DEAD));
      assertThat(actual.getCancelled()).isEqualTo(job.count(ItemState.CANCELLED));
      assertThat(actual.getExpired()).isEqualTo(job.count(ItemState.EXPIRED));
      assertThat(actual.getItems()).isEqualTo(job.items.size());
      assertThat(actual.getComplete()).isEqualTo(job.complete);
      for (int at = 0; at < actual.getStates().size(); at++) {
        Item item = job.items.get((int) actual.getKeptFrom() + at);
        if (actual.getStates().byteAt(at) != item.state
            || actual.getLeasesOfItems(at) != item.lease) {
          throw new AssertionError(
              "item %s is %s/%s, and should be %s/%s"
                  .formatted(
                      item.word,
                      actual.getStates().byteAt(at),
                      actual.getLeasesOfItems(at),
                      item.state,
                      item.lease));
        }
      }
      for (Charge charge : actual.getChargesList()) {
        assertThat(job.items.get((int) charge.getIndex()).deaths).isEqualTo(charge.getDeaths());
      }
      assertThat(job.items.stream().filter(item -> item.deaths > 0).count())
          .isEqualTo(actual.getChargesCount());
    }
  }
}
