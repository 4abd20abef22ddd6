package dev.podpool.queue.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.ChangeMap;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Entry;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.GiveCredit;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.MapPut;
import dev.podpool.protocol.MapRemove;
import dev.podpool.protocol.MapSpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PutItems;
import dev.podpool.protocol.QueueSpec;
import dev.podpool.protocol.RaiseLevel;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.protocol.TakeItem;
import dev.podpool.queue.Features;
import dev.podpool.queue.QueueMachine;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class QueueLoopTest {

  private final AtomicLong ids = new AtomicLong();
  private final List<Entry> entries = new ArrayList<>(); // one appends at a time

  /** Keeps what it is told. */
  private static class Told implements SessionHandler {
    final BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
    final BlockingQueue<Reply> replies = new LinkedBlockingQueue<>();
    final BlockingQueue<Refusal> ends = new LinkedBlockingQueue<>();

    @Override
    public void onDelivery(Delivery delivery) {
      deliveries.add(delivery);
    }

    @Override
    public void onReply(Operation operation, Reply reply) {
      replies.add(reply);
    }

    @Override
    public void onEnd(Refusal reason) {
      ends.add(reason);
    }

    static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
      T next = queue.poll(20, TimeUnit.SECONDS);
      assertThat(next).isNotNull();
      return next;
    }
  }

  private QueueLoop recording() {
    return started(
        new ForwardingLog() {
          @Override
          public void append(Entry entry) {
            entries.add(entry);
            super.append(entry);
          }
        });
  }

  private static QueueLoop started(Log log) {
    QueueLoop loop = QueueLoop.on(log, BlobStore.NONE, LoopMetrics.NONE, cause -> {});
    loop.start();
    return loop;
  }

  /** A log in memory, to build on. */
  private static class ForwardingLog implements Log {
    private final MemoryLog log = new MemoryLog();

    @Override
    public void start(Replica replica) {
      log.start(replica);
    }

    @Override
    public void append(Entry entry) {
      log.append(entry);
    }

    @Override
    public void close() {
      log.close();
    }
  }

  private ByteString id() {
    return ByteString.copyFrom(
        ByteBuffer.allocate(16).putLong(7).putLong(ids.incrementAndGet()).flip());
  }

  private OpenSession client() {
    return OpenSession.newBuilder().setNonce(id()).build();
  }

  private OpenSession worker(String name) {
    return client().toBuilder().setPool("p").setWorker(name).setSlots(1).build();
  }

  private static Operation definePool() {
    return Operation.newBuilder()
        .setDefinePool(DefinePool.newBuilder().setPool("p").setUid("u").setMaxAttempts(3))
        .build();
  }

  private static Operation credit(int window) {
    return Operation.newBuilder().setGiveCredit(GiveCredit.newBuilder().setWindow(window)).build();
  }

  private SubmitJob.Builder job(String name) {
    return SubmitJob.newBuilder()
        .setJobId(id())
        .setPool("p")
        .setFunctionName(name)
        .setChunk(1)
        .setComplete(true)
        .setInputs(
            Payloads.newBuilder().setCount(1).setData(ByteString.copyFrom(new byte[] {1, 65})));
  }

  private static Operation submit(SubmitJob.Builder job) {
    return Operation.newBuilder().setSubmitJob(job).build();
  }

  @Test
  void manyThreadsSendAtOnceAndEachSessionsOrderIsKept() throws Exception {
    int threads = 8;
    int each = 2_000;
    ExecutorService senders = Executors.newFixedThreadPool(threads);
    try (QueueLoop loop = recording()) {
      loop.open(client(), new Told()).send(definePool());
      for (int t = 0; t < threads; t++) {
        QueueSession session = loop.open(client(), new Told());
        String name = "t" + t + ":";
        senders.execute(
            () -> {
              for (int i = 0; i < each; i++) {
                session.send(submit(job(name + i)));
              }
            });
      }
      senders.shutdown();
      assertThat(senders.awaitTermination(50, TimeUnit.SECONDS)).isTrue();
      PoolStatus status = loop.read(now -> now.status("p")).get(20, TimeUnit.SECONDS);
      assertThat(status.getJobs()).isEqualTo((long) threads * each);
    }
    Map<Long, Integer> next = new HashMap<>();
    for (Entry entry : entries) {
      for (Batch batch : entry.getBatchesList()) {
        long sequence = batch.getFirstSequence();
        for (Operation operation : batch.getOperationsList()) {
          if (operation.hasSubmitJob()) {
            int number = next.merge(batch.getSession(), 1, Integer::sum) - 1;
            assertThat(operation.getSubmitJob().getFunctionName()).endsWith(":" + number);
            assertThat(sequence).isEqualTo(number + 1L);
          }
          sequence++;
        }
      }
    }
    assertThat(next.values()).hasSize(threads).containsOnly(each);
  }

  @Test
  void aDeadlineIsMetThoughNobodySends() throws Exception {
    try (QueueLoop loop = QueueLoop.inMemory()) {
      Told told = new Told();
      QueueSession session = loop.open(client(), told);
      session.send(definePool());
      session.send(submit(job("late").setDeadlineMillis(20)));
      session.send(submit(job("sooner").setDeadlineMillis(5)));

      for (int i = 0; i < 2; i++) {
        assertThat(Told.next(told.deliveries).getJobResults().getOutcomes(0).getEnded().getState())
            .isEqualTo(ItemState.EXPIRED);
      }
    }
  }

  @Test
  void aLogThatFailsEndsEverySessionAndNobodyWaits() throws Exception {
    Told first = new Told();
    Told second = new Told();
    QueueLoop loop =
        started(
            new ForwardingLog() {
              @Override
              public void append(Entry entry) {
                if (entry.getBatches(0).getSession() != 0) {
                  throw new IllegalStateException("disk full");
                }
                super.append(entry);
              }
            });
    var unused = loop.open(client(), second);
    loop.open(client(), first).send(definePool());

    for (Told told : List.of(first, second)) {
      Refusal end = Told.next(told.ends);
      assertThat(end.getCode()).isEqualTo(ErrorCode.QUEUE_BROKEN);
      assertThat(end.getMessage()).contains("disk full");
    }
    Told late = new Told();
    loop.open(client(), late).send(definePool());
    assertThat(Told.next(late.ends).getCode()).isEqualTo(ErrorCode.SESSION_CLOSED);
    assertThatThrownBy(() -> loop.read(QueueMachine::index).get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(NotLeadingException.class);
    loop.close();
    assertThat(first.ends).isEmpty(); // told once
  }

  @Test
  void aHandlerThatFailsLosesItsSessionAndNoOtherDoes() throws Exception {
    try (QueueLoop loop = QueueLoop.inMemory()) {
      Told client = new Told();
      QueueSession session = loop.open(client(), client);
      session.send(definePool());
      Told failing =
          new Told() {
            @Override
            public void onDelivery(Delivery delivery) {
              throw new IllegalStateException("mine");
            }
          };
      loop.open(worker("failing"), failing).send(credit(1));
      SubmitJob.Builder job = job("f");
      session.send(submit(job));
      assertThat(Told.next(failing.ends).getMessage()).contains("mine");

      Told sound = new Told();
      loop.open(worker("sound"), sound).send(credit(1));
      assertThat(Told.next(sound.deliveries).getAssign().getRanges(0).getJob().getJobId())
          .isEqualTo(job.getJobId()); // the lost session's work
      assertThat(client.ends).isEmpty();
    }
  }

  @Test
  void anExpiredWorkersItemsGoToAnother() throws Exception {
    try (QueueLoop loop = QueueLoop.inMemory()) {
      QueueSession session = loop.open(client(), new Told());
      session.send(definePool());
      Told lost = new Told();
      QueueSession ofLost = loop.open(worker("lost"), lost);
      ofLost.send(credit(1));
      SubmitJob.Builder job = job("f");
      session.send(submit(job));
      assertThat(Told.next(lost.deliveries).hasAssign()).isTrue();
      loop.expire(ofLost, -9, "SIGKILL");
      assertThat(Told.next(lost.ends).getMessage()).isEqualTo("SIGKILL");
      loop.expire(ofLost, -9, "SIGKILL"); // again: nothing

      Told other = new Told();
      loop.open(worker("other"), other).send(credit(1));
      assertThat(Told.next(other.deliveries).getAssign().getRanges(0).getJob().getJobId())
          .isEqualTo(job.getJobId());
    }
  }

  @Test
  void whatAWorkerReportedBeforeItsEndCounts() throws Exception {
    List<Entry> held = new ArrayList<>();
    List<Log.Replica> driven = new ArrayList<>();
    boolean[] holding = {false};
    QueueLoop loop =
        started(
            new Log() {
              @Override
              public void start(Replica replica) {
                driven.add(replica);
                replica.lead(1);
              }

              @Override
              public void append(Entry entry) {
                if (holding[0]) {
                  held.add(entry);
                } else {
                  driven.get(0).apply(entry);
                }
              }

              @Override
              public void close() {}
            });
    Told client = new Told();
    QueueSession session = loop.open(client(), client);
    session.send(definePool());
    Told worker = new Told();
    QueueSession ofWorker = loop.open(worker("w"), worker);
    ofWorker.send(credit(1));
    SubmitJob.Builder job = job("f").setMaxAttempts(1);
    session.send(submit(job));
    var range = Told.next(worker.deliveries).getAssign().getRanges(0);

    holding[0] = true;
    session.send(definePool()); // is under way while what follows gathers
    Outcome.Builder outcome =
        Outcome.newBuilder()
            .setJobId(job.getJobId())
            .setLease(range.getLease())
            .setCount(1)
            .setSucceeded(job.getInputs());
    ofWorker.send(
        Operation.newBuilder()
            .setReportItems(ReportItems.newBuilder().addOutcomes(outcome))
            .build());
    loop.expire(ofWorker, -9, "SIGKILL");
    holding[0] = false;
    driven.get(0).apply(held.get(0));

    assertThat(Told.next(client.deliveries).getJobResults().getOutcomes(0).hasSucceeded()).isTrue();
  }

  @Test
  void aLogThatAppliesInAThreadOfItsOwnLeavesNothingLying() throws Exception {
    ExecutorService disk = Executors.newSingleThreadExecutor();
    try {
      QueueLoop loop =
          started(
              new ForwardingLog() {
                @Override
                public void append(Entry entry) {
                  disk.execute(() -> super.append(entry));
                }
              });
      Told told = new Told();
      QueueSession session = loop.open(client(), told);
      session.send(definePool());
      for (int i = 0; i < 500; i++) {
        session.send(submit(job("f").setPool("unknown")));
      }
      for (int i = 0; i < 500; i++) {
        Told.next(told.replies);
      }
      loop.close();
      assertThat(Told.next(told.ends).getCode()).isEqualTo(ErrorCode.SESSION_CLOSED);
    } finally {
      disk.shutdownNow();
    }
  }

  @Test
  void aRefusedSessionIsToldWhy() throws Exception {
    try (QueueLoop loop = QueueLoop.inMemory()) {
      Told told = new Told();
      var unused = loop.open(worker("w"), told);
      assertThat(Told.next(told.ends).getCode()).isEqualTo(ErrorCode.POOL_UNKNOWN);
    }
  }

  @Test
  void aHandlerMaySendFromWithin() throws Exception {
    try (QueueLoop loop = QueueLoop.inMemory()) {
      QueueSession[] self = new QueueSession[1];
      Told told =
          new Told() {
            @Override
            public void onReply(Operation operation, Reply reply) {
              super.onReply(operation, reply);
              if (replies.size() < 3) {
                self[0].send(operation);
              }
            }
          };
      self[0] = loop.open(client(), told);
      self[0].send(submit(job("f").setPool("unknown")));
      for (int i = 0; i < 3; i++) {
        assertThat(told.replies).hasSizeGreaterThan(i);
      }
    }
  }

  // ---- answers are kept until they are confirmed, and so bounded

  private static ObjectRef ref(ObjectKind kind) {
    return ObjectRef.newBuilder().setKind(kind).setName("shared").build();
  }

  private static Operation open(ObjectKind kind) {
    ObjectSpec.Builder spec = ObjectSpec.newBuilder();
    if (kind == ObjectKind.QUEUE) {
      spec.setQueue(QueueSpec.getDefaultInstance());
    } else {
      spec.setMap(MapSpec.getDefaultInstance());
    }
    return Operation.newBuilder()
        .setOpenObject(OpenObject.newBuilder().setObject(ref(kind)).setSpec(spec))
        .build();
  }

  private static Operation take() {
    return Operation.newBuilder()
        .setTakeItem(TakeItem.newBuilder().setQueue(ref(ObjectKind.QUEUE)))
        .build();
  }

  private static Operation put(int bytes) {
    return Operation.newBuilder()
        .setPutItems(
            PutItems.newBuilder()
                .setQueue(ref(ObjectKind.QUEUE))
                .addItems(ByteString.copyFrom(new byte[bytes])))
        .build();
  }

  private static Operation change(ChangeMap.Builder change) {
    return Operation.newBuilder().setChangeMap(change.setMap(ref(ObjectKind.MAP))).build();
  }

  private static ByteString key(int number) {
    return ByteString.copyFromUtf8("s" + number);
  }

  @Test
  void aSessionOfThisProcessMayWaitAsOftenAsItLikes() throws Exception {
    try (QueueLoop loop = QueueLoop.inMemory()) {
      Told taking = new Told();
      QueueSession taker = loop.open(client(), taking);
      QueueSession putter = loop.open(client(), new Told());
      taker.send(open(ObjectKind.QUEUE));
      for (int i = 0; i < 10_000; i++) { // of what is kept for a session, twice as many and more
        taker.send(take());
        putter.send(put(1));
        assertThat(Told.next(taking.replies).hasItemTaken()).isTrue();
      }
    }
  }

  @Test
  void aSessionOfThisProcessGetsMoreThanIsKeptForIt() throws Exception {
    int values = 20;
    int tooLarge = 4; // more than an entry takes of those
    try (QueueLoop loop = recording()) {
      Told told = new Told();
      QueueSession putter = loop.open(client(), new Told());
      QueueSession[] session = new QueueSession[1];
      session[0] =
          loop.open(
              client(),
              new SessionHandler() {
                @Override
                public void onDelivery(Delivery delivery) {}

                @Override
                public void onDone(Operation operation) {
                  // From within, so that all of them are in one entry.
                  for (int i = 0; i < values; i++) {
                    MapRemove.Builder remove = MapRemove.newBuilder().setKey(key(i));
                    session[0].send(change(ChangeMap.newBuilder().setRemove(remove)));
                  }
                  for (int i = 0; i < tooLarge; i++) {
                    session[0].send(put(3 << 20));
                  }
                }

                @Override
                public void onReply(Operation operation, Reply reply) {
                  int number = told.replies.size();
                  assertThat(operation.getChangeMap().getRemove().getKey())
                      .isEqualTo(number < values ? key(number) : ByteString.EMPTY);
                  told.replies.add(reply);
                }

                @Override
                public void onEnd(Refusal reason) {
                  told.ends.add(reason);
                }
              });
      putter.send(open(ObjectKind.MAP));
      for (int i = 0; i < values; i++) {
        MapPut.Builder large =
            MapPut.newBuilder().setKey(key(i)).setValue(ByteString.copyFrom(new byte[1 << 20]));
        putter.send(change(ChangeMap.newBuilder().setPut(large)));
      }
      this.entries.clear();
      session[0].send(open(ObjectKind.MAP));

      assertThat(told.replies).hasSize(values + tooLarge);
      assertThat(told.replies.stream().limit(values))
          .allMatch(reply -> reply.getMapChanged().getBefore().getPresent());
      assertThat(told.replies.stream().skip(values)).allMatch(Reply::hasRefusal);
      assertThat(told.ends).isEmpty();
      assertThat(this.entries).as("entries that 4 of them at once take").hasSizeGreaterThan(5);
    }
  }

  @Test
  void aQuestionDoesNotWaitForTheEntryUnderWay() throws Exception {
    BlockingQueue<Entry> underWay = new LinkedBlockingQueue<>();
    AtomicReference<Log.Replica> driven = new AtomicReference<>();
    QueueLoop loop =
        started(
            new ForwardingLog() {
              @Override
              public void start(Replica replica) {
                driven.set(replica);
                super.start(replica);
              }

              @Override
              public void append(Entry entry) {
                underWay.add(entry);
              }
            });
    loop.open(OpenSession.newBuilder().setNonce(id()).build(), new Told());
    Entry entry = underWay.remove();

    assertThat(loop.read(machine -> machine.index())).isCompletedWithValue(0L);
    assertThat(
            loop.read(
                machine -> {
                  throw new IllegalArgumentException("the question's");
                }))
        .isCompletedExceptionally();
    driven.get().apply(entry);
    assertThat(loop.read(machine -> machine.index())).isCompletedWithValue(1L);
    loop.close();
  }

  @Test
  void whatIsAskedWhileASnapshotIsTakenIsAnsweredBehindIt() throws Exception {
    AtomicReference<Log.Replica> driven = new AtomicReference<>();
    QueueLoop loop =
        new QueueLoop(
            new ForwardingLog() {
              @Override
              public void start(Replica replica) {
                driven.set(replica);
                super.start(replica);
              }
            },
            BlobStore.NONE,
            () -> 1,
            due -> new NoAlarm(),
            LoopMetrics.NONE,
            cause -> {});
    loop.start();
    loop.open(OpenSession.newBuilder().setNonce(id()).build(), new Told());
    boolean hasMet = false;
    while (!hasMet) { // until one comes while it is taken
      Thread snapshot = new Thread(() -> driven.get().snapshot());
      snapshot.start();
      CompletableFuture<Long> asked = loop.read(QueueMachine::index);
      while (asked.isDone() && snapshot.isAlive()) {
        asked = loop.read(QueueMachine::index);
      }
      hasMet = !asked.isDone();
      snapshot.join();
      assertThat(asked).isCompletedWithValue(1L); // nobody else looks
    }
    loop.close();
  }

  /** The loop does nothing by itself. */
  private static final class NoAlarm implements Alarm {
    @Override
    public void set(long millis) {}

    @Override
    public void close() {}
  }

  /** A log of a later release's replica, which leads when the test says so. */
  private static final class LaterLog implements Log {
    Replica replica;
    final List<Entry> appended = new ArrayList<>();

    @Override
    public void start(Replica driven) {
      replica = driven;
    }

    @Override
    public void append(Entry entry) {
      appended.add(entry);
      replica.apply(entry);
    }

    @Override
    public void close() {}
  }

  private static QueueLoop later(Log log) {
    QueueLoop loop =
        new QueueLoop(
            log,
            BlobStore.NONE,
            () -> 1,
            ThreadAlarm::new,
            LoopMetrics.NONE,
            cause -> {},
            new Features(2, kind -> 1));
    loop.start();
    return loop;
  }

  @Test
  void whoLeadsRaisesTheLevelOnceAndARestartHasIt() {
    LaterLog log = new LaterLog();
    try (QueueLoop loop = later(log)) {
      log.replica.raise(2); // it does not lead
      assertThat(loop.level()).isEqualTo(1);

      log.replica.lead(1);
      log.replica.raise(1);
      assertThat(log.appended).isEmpty();
      log.replica.raise(2);
      log.replica.raise(2);
      assertThat(log.appended).hasSize(1);
      assertThat(loop.level()).isEqualTo(2);

      LaterLog next = new LaterLog();
      try (QueueLoop restarted = later(next)) {
        next.replica.restore(log.replica.snapshot());
        assertThat(restarted.level()).isEqualTo(2);
        assertThat(next.replica.level()).isEqualTo(2);
      }
    }
  }

  @Test
  void aQueueOfThisProcessAloneHasTheLevelOfItsRelease() {
    try (QueueLoop loop = later(new MemoryLog())) {
      assertThat(loop.level()).isEqualTo(2);
    }
  }

  @Test
  void whatIsOfALaterReleaseIsFoundInAnEntryAndNamed() {
    LaterLog log = new LaterLog();
    try (QueueLoop loop = later(log)) {
      assertThat(loop.level()).isEqualTo(1);
      Operation known =
          Operation.newBuilder().setRaiseLevel(RaiseLevel.newBuilder().setLevel(2)).build();
      assertThat(log.replica.newer(entryOf(known))).isNull();

      Operation higher =
          Operation.newBuilder().setRaiseLevel(RaiseLevel.newBuilder().setLevel(3)).build();
      assertThat(log.replica.newer(entryOf(known, higher)))
          .isEqualTo("level 3 of the queue, above 2");

      UnknownFieldSet kind =
          UnknownFieldSet.newBuilder()
              .addField(98, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
              .build();
      assertThat(log.replica.newer(entryOf(Operation.newBuilder().setUnknownFields(kind).build())))
          .isEqualTo("field 98 of Operation");
      Operation value =
          Operation.newBuilder()
              .setReportItems(
                  ReportItems.newBuilder()
                      .addOutcomes(
                          Outcome.newBuilder().setFailed(Failure.newBuilder().setKindValue(77))))
              .build();
      assertThat(log.replica.newer(entryOf(known, value))).isEqualTo("value 77 of FailureKind");
    }
  }

  private static Entry entryOf(Operation... operations) {
    return Entry.newBuilder()
        .addBatches(Batch.newBuilder().addAllOperations(List.of(operations)))
        .build();
  }
}
