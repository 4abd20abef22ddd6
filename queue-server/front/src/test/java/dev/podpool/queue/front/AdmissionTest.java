package dev.podpool.queue.front;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.CodeArchive;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.PutBlob;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Refused;
import dev.podpool.protocol.ReportItems;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.queue.Features;
import dev.podpool.session.SessionLogic;
import org.junit.jupiter.api.Test;

/** What comes into the log, and what does not. */
class AdmissionTest {

  private static final UnknownFieldSet NEWER =
      UnknownFieldSet.newBuilder()
          .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
          .build();

  private String lacking;
  private int level = 1;
  private final Features features =
      new Features(2, kind -> kind == Operation.KindCase.PUT_BLOB ? 2 : 1);
  private final Admission admission = new Admission(() -> lacking, features, () -> level);

  private Refusal refusal(Operation.Builder operation) {
    Operation sound = Operation.newBuilder().setSubmitJob(SubmitJob.newBuilder()).build();
    Request checked =
        admission.check(
            Request.newBuilder()
                .setBatch(Batch.newBuilder().addOperations(operation).addOperations(sound))
                .build());
    boolean spared = lacking == null;
    assertThat(checked.getBatch().getOperations(1).hasSubmitJob()).isEqualTo(spared);
    return checked.getBatch().getOperations(0).getRefused().getRefusal();
  }

  @Test
  void aKindOfOperationThatIsNotKnownIsRefusedBeforeTheLog() {
    Refusal refusal = refusal(Operation.newBuilder().setUnknownFields(NEWER));
    assertThat(refusal.getCode()).isEqualTo(ErrorCode.UNKNOWN_OPERATION);
    assertThat(refusal.getMessage())
        .isEqualTo(
            "field 99 of Operation is not known to this queue: update it before its clients and"
                + " workers");
  }

  @Test
  void soIsAFieldAtAnyDepthAndAValue() {
    Blob blob = Blob.newBuilder().setUnknownFields(NEWER).build();
    SubmitJob.Builder submit =
        SubmitJob.newBuilder()
            .addCode(CodeArchive.getDefaultInstance())
            .addCode(CodeArchive.newBuilder().setArchive(blob));
    assertThat(refusal(Operation.newBuilder().setSubmitJob(submit)).getMessage())
        .startsWith("field 99 of Blob");

    Outcome.Builder failed =
        Outcome.newBuilder().setFailed(Failure.newBuilder().setKindValue(77).setMessage("m"));
    assertThat(
            refusal(
                    Operation.newBuilder()
                        .setReportItems(ReportItems.newBuilder().addOutcomes(failed)))
                .getMessage())
        .startsWith("value 77 of FailureKind");
  }

  @Test
  void soIsWhatCameWithALevelThatTheQueueHasNot() {
    Operation.Builder put = Operation.newBuilder().setPutBlob(PutBlob.newBuilder());
    Refusal refusal = refusal(put);
    assertThat(refusal.getCode()).isEqualTo(ErrorCode.UNKNOWN_OPERATION);
    assertThat(refusal.getMessage())
        .isEqualTo(
            "operation PUT_BLOB came with level 2, and this queue has level 1: all its replicas must"
                + " be updated first");

    level = 2; // they are
    Request request = Request.newBuilder().setBatch(Batch.newBuilder().addOperations(put)).build();
    assertThat(admission.check(request)).isSameAs(request);
  }

  @Test
  void whatIsKnownComesIn() {
    Outcome.Builder failed = Outcome.newBuilder().setFailed(Failure.newBuilder().setKindValue(2));
    ReportItems.Builder report = ReportItems.newBuilder().addOutcomes(failed);
    Request request =
        Request.newBuilder()
            .setBatch(
                Batch.newBuilder().addOperations(Operation.newBuilder().setReportItems(report)))
            .build();
    assertThat(admission.check(request)).isSameAs(request);
    assertThat(Admission.offence(request)).isNull();
  }

  @Test
  void aLargeOperationIsRefusedWithTheLimitAndTheRemedy() {
    PutBlob.Builder put = PutBlob.newBuilder().setData(ByteString.copyFrom(new byte[2 << 20]));
    assertThat(refusal(Operation.newBuilder().setPutBlob(put)).getMessage())
        .contains("an operation of 20971", "at most 2097152", "send large payloads as blobs");
  }

  @Test
  void withoutRoomNothingNewComesInAndReportsDo() {
    lacking = "the disk is full";
    level = 2;
    assertThat(refusal(Operation.newBuilder().setPutBlob(PutBlob.newBuilder())).getCode())
        .isEqualTo(ErrorCode.QUEUE_FULL);
    Request report =
        Request.newBuilder()
            .setBatch(
                Batch.newBuilder()
                    .addOperations(Operation.newBuilder().setReportItems(ReportItems.newBuilder())))
            .build();
    assertThat(admission.check(report)).isSameAs(report);
  }

  @Test
  void nobodyRefusesInTheQueuesName() {
    assertThat(refusal(Operation.newBuilder().setRefused(Refused.newBuilder())).getCode())
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void aRequestThatIsNoneEndsItsConnectionWithTheReason() {
    assertThat(Admission.offence(Request.newBuilder().setUnknownFields(NEWER).build()).toString())
        .contains("UNIMPLEMENTED", "field 99 of Request", "update it");
    Batch batch = Batch.newBuilder().setUnknownFields(NEWER).build();
    assertThat(Admission.offence(Request.newBuilder().setBatch(batch).build()).toString())
        .contains("field 99 of Batch");
    OpenSession open = OpenSession.newBuilder().setUnknownFields(NEWER).build();
    assertThat(Admission.offence(Request.newBuilder().setOpen(open).build()).toString())
        .contains("field 99 of OpenSession");
    OpenSession named = OpenSession.newBuilder().setWorker("w".repeat(2_000)).build();
    assertThat(Admission.offence(Request.newBuilder().setOpen(named).build()).toString())
        .contains("at most 1024: take a shorter name");

    Batch.Builder many = Batch.newBuilder();
    for (int i = 0; i <= SessionLogic.UNCONFIRMED_OPERATIONS_MAX; i++) {
      many.addOperations(Operation.getDefaultInstance());
    }
    assertThat(Admission.offence(Request.newBuilder().setBatch(many).build()).toString())
        .contains("a request of 1025 operations; at most 1024");
  }
}
