package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.AddItems;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DropDead;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.RetryDead;
import dev.podpool.protocol.SubmitJob;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Putting blobs, referring to them, and when they go. */
class BlobTest {

  private static final long TEN_MINUTES_MILLIS = 10 * 60 * 1000L;
  private static final Blob BLOB = TestPayloads.blob("blob", 10);
  private static final Blob OTHER = TestPayloads.blob("other", 5);

  private QueueScript queue = new QueueScript();

  // ---- putting

  @Test
  void aBlobComesPieceByPieceAndEachLeavesAsAnEffect() {
    assertThat(queue.put("client", BLOB, 0, bytes("0123"))).isEqualTo("done");
    assertThat(queue.last.all).contains(new Recorded.Written(BLOB, 0, bytes("0123")));

    assertThat(queue.put("client", BLOB, 4, bytes("456789"))).isEqualTo("done");
    assertThat(queue.last.all).contains(new Recorded.Written(BLOB, 4, bytes("456789")));
    assertThat(queue.machine.snapshot().getBlobs(0).getReceivedBytes()).isEqualTo(10);
  }

  @Test
  void twoWhoPutTheSameInDifferentPiecesBothSucceedAndNothingIsWrittenTwice() {
    queue.client("other");
    queue.put("client", BLOB, 0, bytes("0123"));

    assertThat(queue.put("other", BLOB, 0, bytes("012"))).as("all behind").isEqualTo("done");
    assertThat(written()).isZero();
    assertThat(queue.put("other", BLOB, 3, bytes("345"))).as("partly ahead").isEqualTo("done");
    assertThat(queue.last.all).contains(new Recorded.Written(BLOB, 4, bytes("45")));
    assertThat(queue.put("client", BLOB, 4, bytes("456789"))).isEqualTo("done");
    assertThat(queue.last.all).contains(new Recorded.Written(BLOB, 6, bytes("6789")));
    assertThat(queue.put("other", BLOB, 6, bytes("6789"))).as("overtaken").isEqualTo("done");
    assertThat(written()).isZero();
    assertThat(queue.submit(withCode("job", BLOB))).isEqualTo("done");
  }

  @Test
  void aGapIsRefusedWithWhereToContinue() {
    assertThat(queue.put("client", BLOB, 1, bytes("1"))).isEqualTo("INVALID_ARGUMENT");
    assertThat(queue.blobs()).isEmpty();
    queue.put("client", BLOB, 0, bytes("012"));

    assertThat(queue.put("client", BLOB, 4, bytes("456"))).isEqualTo("INVALID_ARGUMENT");

    assertThat(message()).contains("from byte 4", "continue with byte 3");
    assertThat(written()).isZero();
    assertThat(queue.put("client", BLOB, 3, bytes("3456789"))).isEqualTo("done");
  }

  @Test
  void theLimitsOfBlobsAndPiecesAreKept() {
    assertThat(refused(BLOB, 0, 11)).contains("11 bytes from byte 0", "of 10 bytes");
    assertThat(refused(BLOB, -1, 1)).contains("from byte 18446744073709551615");
    assertThat(refused(BLOB, 0, 0)).contains("empty piece");
    Blob large = BLOB.toBuilder().setSizeBytes(512L << 20).build();
    assertThat(refused(large, 0, (1 << 20) + 1)).contains("at most 1048576");
    assertThat(queue.put("client", large, 0, 1 << 20)).isEqualTo("done");
    Blob larger = BLOB.toBuilder().setSizeBytes((512L << 20) + 1).build();
    assertThat(refused(larger, 0, 1)).contains("a blob of 536870913 bytes");
    assertThat(refused(BLOB.toBuilder().setSizeBytes(-1).build(), 0, 1)).contains("at most");
    assertThat(refused(BLOB.toBuilder().setSha256(bytes("short")).build(), 0, 10))
        .contains("SHA-256 of 5 bytes");
    assertThat(queue.blobs()).containsExactly(large);
  }

  @Test
  void whatNobodyRefersToIsBoundedAndARefusalSaysWhatHelps() {
    queue = new QueueScript().unchecked();
    Blob[] blobs = new Blob[8];
    for (int i = 0; i < blobs.length; i++) {
      blobs[i] = TestPayloads.blob("blob " + i, 512 << 20);
      putWhole(blobs[i]);
    }
    assertThat(queue.put("client", BLOB, 0, 10)).isEqualTo("QUEUE_FULL");
    assertThat(message()).contains("4294967296 bytes", "hand in the jobs", "ten minutes");
    assertThat(queue.put("client", blobs[0], 0, 1)).as("adds nothing").isEqualTo("done");
    assertThat(queue.machine.blobs().unreferredBytes()).isEqualTo(4L << 30);

    queue.submit(withCode("job", blobs[3]));
    assertThat(queue.put("client", BLOB, 0, 10)).as("one is used").isEqualTo("done");
    queue.machine = QueueMachine.restore(queue.machine.snapshot());
    assertThat(queue.machine.blobs().unreferredBytes()).isEqualTo((7L << 29) + 10);
    queue.passMillis(TEN_MINUTES_MILLIS);
    assertThat(queue.machine.blobs().unreferredBytes()).isZero();
  }

  private void putWhole(Blob blob) {
    ByteString piece = ByteString.copyFrom(new byte[1 << 20]);
    for (long at = 0; at < blob.getSizeBytes(); at += piece.size()) {
      assertThat(queue.put("client", blob, at, piece)).isEqualTo("done");
    }
  }

  @Test
  void anEmptyBlobIsWholeByOneEmptyPiece() {
    Blob empty = TestPayloads.blob("empty", 0);
    assertThat(queue.submit(withCode("job", empty))).isEqualTo("BLOB_UNKNOWN");

    assertThat(queue.put("client", empty, 0, 0)).isEqualTo("done");
    assertThat(queue.last.all).contains(new Recorded.Written(empty, 0, ByteString.EMPTY));
    assertThat(queue.put("client", empty, 0, 0)).as("again").isEqualTo("done");

    assertThat(written()).isZero();
    assertThat(queue.submit(withCode("job", empty))).isEqualTo("done");
  }

  @Test
  void theSameHashWithAnotherSizeIsAnotherBlob() {
    Blob longer = BLOB.toBuilder().setSizeBytes(11).build();
    queue.put(BLOB);

    assertThat(queue.submit(withCode("job", longer))).isEqualTo("BLOB_UNKNOWN");
    assertThat(queue.put("client", longer, 10, 1)).isEqualTo("INVALID_ARGUMENT");
    queue.put(longer);

    assertThat(queue.blobs()).containsExactly(BLOB, longer);
  }

  // ---- until when

  @Test
  void whatNothingRefersToIsForgottenTenMinutesAfterItsLastPiece() {
    queue.put("client", BLOB, 0, 4);
    queue.put(OTHER);
    queue.passMillis(1_000);
    queue.put("client", BLOB, 4, 1);

    queue.passMillis(TEN_MINUTES_MILLIS - 1_001);
    assertThat(queue.forgotten()).isEmpty();
    assertThat(queue.machine.nextDeadlineMillis()).isEqualTo(queue.machine.nowMillis() + 1);
    queue.passMillis(1);
    assertThat(queue.forgotten()).containsExactly(OTHER);
    assertThat(queue.put("client", BLOB, 0, 2)).as("so far a duplicate").isEqualTo("done");
    queue.passMillis(TEN_MINUTES_MILLIS - 1);
    assertThat(queue.forgotten()).isEmpty();
    queue.passMillis(1);

    assertThat(queue.forgotten()).containsExactly(BLOB);
    assertThat(queue.blobs()).isEmpty();
    assertThat(queue.put("client", BLOB, 4, 1)).as("from the start").isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void aJobHoldsItsCodeUntilItIsForgotten() {
    queue.put(BLOB);
    queue.submit(withCode("job", BLOB).setRetentionMillis(TEN_MINUTES_MILLIS));
    queue.submit(withCode("other", BLOB));
    queue.worker("w", 2, 2);
    queue.passMillis(2 * TEN_MINUTES_MILLIS);
    queue.succeed("w", "a of job");

    queue.passMillis(TEN_MINUTES_MILLIS);
    assertThat(queue.put("client", BLOB, 0, 10)).as("does not make it due").isEqualTo("done");
    queue.passMillis(TEN_MINUTES_MILLIS);
    assertThat(queue.submit(withCode("third", BLOB))).as("the other's").isEqualTo("done");
    queue.release("other");
    queue.release("third");
    queue.passMillis(TEN_MINUTES_MILLIS - 1);
    assertThat(queue.forgotten()).isEmpty();
    queue.passMillis(1);
    assertThat(queue.forgotten()).containsExactly(BLOB);
  }

  @Test
  void inputsAreHeldUntilTheRunInWhichTheyCameHasEnded() {
    queue.submit("job", queue.put(BLOB), "b");
    assertThat(queue.worker("w", 2, 2)).containsExactly(TestPayloads.word(BLOB), "b");
    queue.succeedWith("w", TestPayloads.word(BLOB), "a!");
    queue.passMillis(2 * TEN_MINUTES_MILLIS);
    assertThat(queue.forgotten()).isEmpty();

    queue.succeed("w", "b");

    queue.passMillis(TEN_MINUTES_MILLIS);
    assertThat(queue.forgotten()).containsExactly(BLOB);
  }

  @Test
  void resultsAreHeldUntilTheirJobIsForgotten() {
    queue.submit("job", "a");
    queue.worker("w", 1, 1);
    queue.put("w", BLOB, 0, 10);
    assertThat(queue.succeedWith("w", "a", TestPayloads.word(BLOB))).isEqualTo("done");
    assertThat(queue.told("client")).containsExactly(TestPayloads.word(BLOB), "last");
    queue.confirm("client", "job", 1);
    queue.passMillis(2 * TEN_MINUTES_MILLIS);
    assertThat(queue.forgotten()).isEmpty();

    queue.release("job");

    queue.passMillis(TEN_MINUTES_MILLIS);
    assertThat(queue.forgotten()).containsExactly(BLOB);
  }

  @Test
  void resultsOfAnEndlessJobAreHeldUntilTheyAreConfirmed() {
    queue.submit(QueueScript.job("job", "a").setDiscardConfirmed(true).setComplete(false));
    queue.worker("w", 1, 1);
    queue.put("w", BLOB, 0, 10);
    queue.succeedWith("w", "a", TestPayloads.word(BLOB));
    queue.passMillis(2 * TEN_MINUTES_MILLIS);
    assertThat(queue.forgotten()).isEmpty();

    queue.confirm("client", "job", 1);

    queue.passMillis(TEN_MINUTES_MILLIS);
    assertThat(queue.forgotten()).containsExactly(BLOB);
  }

  @Test
  void aDeadItemKeepsItsBlobUntilItIsDropped() {
    queue.submit(QueueScript.job("job", queue.put(BLOB)).setMaxAttempts(1));
    queue.worker("w", 1, 1);
    queue.lose("w", TestPayloads.word(BLOB));
    queue.taken("w");
    queue.passMillis(2 * TEN_MINUTES_MILLIS);

    var retry = RetryDead.newBuilder().setJobId(TestPayloads.id("job"));
    queue.send("client", Operation.newBuilder().setRetryDead(retry));
    assertThat(queue.taken("w")).containsExactly(TestPayloads.word(BLOB));
    queue.lose("w", TestPayloads.word(BLOB));
    var drop = DropDead.newBuilder().setJobId(TestPayloads.id("job"));
    queue.send("client", Operation.newBuilder().setDropDead(drop));

    queue.passMillis(TEN_MINUTES_MILLIS);
    assertThat(queue.forgotten()).containsExactly(BLOB);
  }

  @Test
  void aDeletedPoolHoldsNothing() {
    queue.put(BLOB);
    assertThat(queue.submit(QueueScript.job("job", queue.put(OTHER)).addCode(code(BLOB))))
        .isEqualTo("done");
    queue.passMillis(TEN_MINUTES_MILLIS);
    assertThat(queue.forgotten()).isEmpty();

    queue.deletePool();

    queue.passMillis(TEN_MINUTES_MILLIS);
    assertThat(queue.forgotten()).containsExactly(BLOB, OTHER);
  }

  // ---- referring

  @Test
  void whatIsNotThereWholeCannotBeReferredTo() {
    String word = TestPayloads.word(BLOB);
    queue.submit(QueueScript.job("open", "a").setComplete(false));
    queue.put("client", BLOB, 0, 9);

    assertThat(queue.submit(withCode("job", BLOB))).isEqualTo("BLOB_UNKNOWN");
    assertThat(message()).contains("sha256:626c6f622d2d… of 10 bytes", "put it");
    assertThat(queue.submit("job", "a", word)).isEqualTo("BLOB_UNKNOWN");
    assertThat(add("open", 1, TestPayloads.of(word))).isEqualTo("BLOB_UNKNOWN");
    assertThat(queue.status().getReady()).isEqualTo(1);
    queue.put("client", BLOB, 9, 1);

    assertThat(queue.submit("job", "a", word)).isEqualTo("done");
    assertThat(add("open", 1, TestPayloads.of(word))).isEqualTo("done");
  }

  @Test
  void blobsThatAreNoneAreRefused() {
    queue.submit(QueueScript.job("open", "a").setComplete(false));
    String word = queue.put(BLOB);
    Payloads run = TestPayloads.of("a", word, word);
    Payloads.Builder none = run.toBuilder().clearBlobs();
    for (Payloads malformed :
        new Payloads[] {
          none.clone().addBlobs(0).build(), // no Blob's bytes
          TestPayloads.of("").toBuilder().addBlobs(0).build(), // one without a hash
          none.clone().addBlobs(3).build(),
          none.clone().addBlobs(-1).build(),
          none.clone().addBlobs(2).addBlobs(1).build(),
          none.clone().addBlobs(1).addBlobs(1).build(),
          Payloads.newBuilder().addBlobs(0).build()
        }) {
      assertThat(queue.submit(QueueScript.job("job").setInputs(malformed)))
          .isEqualTo("INVALID_ARGUMENT");
      assertThat(add("open", 1, malformed)).isEqualTo("INVALID_ARGUMENT");
    }
    Blob nameless = Blob.newBuilder().setSizeBytes(10).build();
    assertThat(queue.submit(withCode("job", nameless))).isEqualTo("INVALID_ARGUMENT");
    assertThat(queue.status().getJobs()).isEqualTo(1);
  }

  @Test
  void whatIsABlobIsPartOfTheContentOfAJob() {
    String word = queue.put(BLOB);
    SubmitJob.Builder job = QueueScript.job("job", word);
    assertThat(queue.submit(job)).isEqualTo("done");
    assertThat(queue.submit(job)).isEqualTo("JOB_KNOWN");
    job.getInputsBuilder().clearBlobs();
    assertThat(queue.submit(job)).isEqualTo("JOB_ID_REUSED");
  }

  @Test
  void aResultThatWasNotPutFailsItsItemAndNotItsNeighbours() {
    queue.submit(QueueScript.job("job", "a", "b", "c", "d", "e").setChunk(5));
    queue.worker("w", 5, 5);
    queue.put("w", BLOB, 0, 10);
    queue.put("w", OTHER, 0, 4);
    String there = TestPayloads.word(BLOB);
    String missing = TestPayloads.word(OTHER);
    var all = QueueScript.outcome(queue.held("w", "a")).setCount(5);

    String answer =
        queue.report(
            "w", Stream.of(all.setSucceeded(TestPayloads.of("A", there, missing, there, missing))));

    assertThat(answer).isEqualTo("done");
    var told = queue.told("client");
    assertThat(told).hasSize(6).startsWith("A", there).contains(there).endsWith("last");
    assertThat(told.get(2)).startsWith("#2 failed: worker 'w' reported a result, blob sha256:6f74");
    assertThat(told.get(4)).startsWith("#4 failed: worker 'w' reported a result, blob sha256:6f74");
  }

  @Test
  void partsOfAReportedRunKeepTheirBlobs() {
    queue.submit(QueueScript.job("job", "a", "b", "c", "d").setChunk(4));
    queue.worker("w", 4, 4);
    queue.put("w", BLOB, 0, 10);
    String word = TestPayloads.word(BLOB);
    var all = QueueScript.outcome(queue.held("w", "a")).setCount(4);
    queue.succeed("w", "b");

    String answer =
        queue.report("w", Stream.of(all.setSucceeded(TestPayloads.of(word, "-", "C", word))));

    assertThat(answer).isEqualTo("STALE_ATTEMPT");
    assertThat(queue.told("client")).containsExactly("b!", word, "C", word, "last");
  }

  @Test
  void resultsWhoseBlobsAreNoneFailTheirItems() {
    queue.submit("job", "a");
    queue.worker("w", 1, 1);
    var outcome = QueueScript.outcome(queue.held("w", "a"));
    var malformed = TestPayloads.of("A").toBuilder().addBlobs(0);

    assertThat(queue.report("w", Stream.of(outcome.setSucceeded(malformed)))).isEqualTo("done");

    assertThat(queue.told("client").get(0))
        .startsWith("#0 failed: worker 'w' reported results whose blobs are none");
  }

  @Test
  void aBlobCountsOnceInThePoolsBytes() {
    queue =
        new QueueScript(
            DefinePool.newBuilder()
                .setPool("squares")
                .setUid("u")
                .setMaxAttempts(3)
                .setBytesMax(60));
    String word = queue.put(BLOB); // 36 bytes and a length, and 10 beside them
    queue.put(OTHER);
    assertThat(queue.submit("job", word, word)).as("74 + 10").isEqualTo("QUEUE_FULL");
    assertThat(message()).contains("84 bytes", "60");
    assertThat(queue.submit("job", word)).as("37 + 10").isEqualTo("done");
    assertThat(queue.submit(QueueScript.job("more").addCode(code(OTHER)).addCode(code(BLOB))))
        .as("52")
        .isEqualTo("done");
    assertThat(queue.submit("third", "12345678")).as("61").isEqualTo("QUEUE_FULL");

    queue.release("more");
    assertThat(queue.submit("third", "12345678")).as("56").isEqualTo("done");
    queue.release("job");
    assertThat(queue.submit("fourth", word)).as("9 + 37 + 10").isEqualTo("done");
  }

  // ---- what workers get

  @Test
  void aWorkerGetsTheCodeAndTheBlobsOfWhatItIsGiven() {
    String word = queue.put(BLOB);
    queue.put(OTHER);
    queue.submit(
        QueueScript.job("job", "a", word, "c", word, word)
            .setChunk(2)
            .addCode(code(OTHER))
            .addCode(code(BLOB)));

    queue.worker("v", 2, 2);
    queue.worker("w", 3, 3);

    var first = queue.held("v", "a").range();
    assertThat(first.getInputs().getBlobsList()).containsExactly(1);
    assertThat(first.getJob().getCodeList()).containsExactly(code(OTHER), code(BLOB));
    assertThat(queue.held("w", "c").range().getInputs().getBlobsList()).containsExactly(1, 2);
    queue.giveBack("v", "a");
    var resumed = new Recorded();
    queue.machine.resume(queue.party("v").session, resumed);
    var assign = ((Recorded.Delivered) resumed.all.get(0)).delivery().getAssign();
    assertThat(assign.getRangesList())
        .allSatisfy(range -> assertThat(TestPayloads.words(range.getInputs())).isNotEmpty());
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static CodeArchive code(Blob blob) {
    return CodeArchive.newBuilder().setArchive(blob).setName("index.jar").build();
  }

  private static SubmitJob.Builder withCode(String id, Blob blob) {
    return QueueScript.job(id, "a of " + id).addCode(code(blob));
  }

  private String add(String id, long first, Payloads inputs) {
    return queue.send(
        "client",
        Operation.newBuilder()
            .setAddItems(
                AddItems.newBuilder()
                    .setJobId(TestPayloads.id(id))
                    .setFirst(first)
                    .setInputs(inputs)));
  }

  private long written() {
    return queue.last.all.stream().filter(Recorded.Written.class::isInstance).count();
  }

  private String refused(Blob blob, long offset, int bytes) {
    assertThat(queue.put("client", blob, offset, bytes)).isEqualTo("INVALID_ARGUMENT");
    return message();
  }

  /** Of the client's last refusal. */
  private String message() {
    var client = queue.party("client");
    return client.replies.get(client.sequence).getRefusal().getMessage();
  }
}
