package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobsQuery;
import dev.podpool.protocol.CloseSession;
import dev.podpool.protocol.DeadItem;
import dev.podpool.protocol.DeadQuery;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.DropDead;
import dev.podpool.protocol.JobStatus;
import dev.podpool.protocol.JobsQuery;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.RetryDead;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the queue answers about itself. */
class ReadTest {

  private final QueueScript queue = new QueueScript();

  @Test
  void poolsAreAllOrTheOneThatIsNamed() {
    queue.send(
        "client",
        Operation.newBuilder()
            .setDefinePool(DefinePool.newBuilder().setPool("cubes").setMaxAttempts(1)));

    assertThat(pools("")).extracting(PoolStatus::getPool).containsExactly("squares", "cubes");
    assertThat(pools("squares")).containsExactly(queue.status());
    assertThat(refusal(ReadRequest.newBuilder().setPools(pool("nowhere"))))
        .isEqualTo("POOL_UNKNOWN");
  }

  @Test
  void jobsComeNewestFirstAndNoMoreThanAskedFor() {
    queue.submit("first", "a");
    queue.submit("second", "b");
    queue.submit("third", "c");

    assertThat(ids(JobsQuery.newBuilder())).containsExactly("third", "second", "first");
    assertThat(ids(JobsQuery.newBuilder().setLimit(2))).containsExactly("third", "second");
    assertThat(ids(JobsQuery.newBuilder().setPool("squares").setLimit(-1))).hasSize(3);
    assertThat(ids(JobsQuery.newBuilder().setJobId(TestPayloads.id("second"))))
        .containsExactly("second");
  }

  @Test
  void aJobIsFoundInItsOwnPoolOnly() {
    queue.send(
        "client",
        Operation.newBuilder()
            .setDefinePool(DefinePool.newBuilder().setPool("cubes").setMaxAttempts(1)));
    queue.submit("job", "a");
    var job = JobsQuery.newBuilder().setJobId(TestPayloads.id("job"));

    assertThat(ids(JobsQuery.newBuilder().setPool("cubes"))).isEmpty();
    assertThat(ids(job.setPool("squares"))).containsExactly("job");
    assertThat(refusal(ReadRequest.newBuilder().setJobs(job.setPool("cubes"))))
        .isEqualTo("JOB_UNKNOWN");
    assertThat(refusal(ReadRequest.newBuilder().setJobs(job.setPool("nowhere"))))
        .isEqualTo("POOL_UNKNOWN");
    var unknown = JobsQuery.newBuilder().setJobId(TestPayloads.id("nobody's"));
    assertThat(refusal(ReadRequest.newBuilder().setJobs(unknown))).isEqualTo("JOB_UNKNOWN");
  }

  @Test
  void aJobsStatusSaysWhoseItIsHowOldAndHowFar() {
    queue.client("alice");
    queue.passMillis(500);
    queue.submit(
        "alice", QueueScript.job("job", "a", "b", "c", "d", "e").setPriority(-3).setMaxAttempts(1));
    queue.send("alice", Operation.newBuilder().setCloseSession(CloseSession.getDefaultInstance()));
    queue.worker("w", 4, 4);
    queue.succeed("w", "a");
    queue.fail("w", "b");
    queue.lose("w", "c");
    queue.passMillis(70);

    JobStatus running = job("job");
    assertThat(running)
        .isEqualTo(
            JobStatus.newBuilder()
                .setJobId(TestPayloads.id("job"))
                .setPool("squares")
                .setFunctionName("Words::shout")
                .setPrincipal("alice")
                .setItems(5)
                .setComplete(true)
                .setEnded(3)
                .setFailed(1)
                .setDead(1)
                .setAgeMillis(70)
                .setPriority(-3)
                .build());
    queue.cancel("job");
    assertThat(job("job")).isEqualTo(running.toBuilder().setEnded(5).setCancelled(2).build());
  }

  @Test
  void whatIsDroppedStaysDeadAndWhatIsRetriedIsNot() {
    queue.submit(QueueScript.job("job", "a", "b").setMaxAttempts(1).setDeadlineMillis(50));
    queue.worker("w", 1, 1);
    queue.lose("w", "a");
    var drop = DropDead.newBuilder().setJobId(TestPayloads.id("job"));
    queue.send("client", Operation.newBuilder().setDropDead(drop));
    assertThat(job("job").getDead()).isEqualTo(1);

    queue.lose("w", "b");
    assertThat(job("job").getDead()).isEqualTo(2);
    var retry = RetryDead.newBuilder().setJobId(TestPayloads.id("job"));
    queue.send("client", Operation.newBuilder().setRetryDead(retry));

    assertThat(job("job").getDead()).isEqualTo(1);
    assertThat(job("job").getEnded()).isEqualTo(1);
  }

  @Test
  void itemsThatADeadlineEndedAreExpired() {
    queue.submit(QueueScript.job("job", "a", "b").setDeadlineMillis(50));
    queue.passMillis(50);
    assertThat(job("job").getExpired()).isEqualTo(2);
    assertThat(job("job").getCancelled()).isZero();
  }

  @Test
  void theDeadListNamesEachItemWithItsLastLoss() {
    queue.submit(QueueScript.job("job", "a", "b", "c").setMaxAttempts(1));
    queue.submit(QueueScript.job("more", "d").setMaxAttempts(1));
    queue.worker("w", 1, 1);
    queue.lose("w", "a");
    queue.succeed("w", "d"); // in turn
    queue.lose("w", "b");
    queue.lose("w", "c");
    var drop = DropDead.newBuilder().setJobId(TestPayloads.id("job")).setFirst(1).setCount(1);
    queue.send("client", Operation.newBuilder().setDropDead(drop));

    var ofPool = dead(DeadQuery.newBuilder().setPool("squares"));
    assertThat(ofPool).extracting(DeadItem::getIndex).containsExactly(0L, 2L);
    assertThat(ofPool.get(0).getLoss().getExitCode()).isEqualTo(-9);
    assertThat(ofPool.get(0).getFunctionName()).isEqualTo("Words::shout");
    assertThat(dead(DeadQuery.newBuilder().setJobId(TestPayloads.id("job")))).isEqualTo(ofPool);
    assertThat(dead(DeadQuery.newBuilder().setJobId(TestPayloads.id("more")))).isEmpty();
    assertThat(dead(DeadQuery.newBuilder().setPool("squares").setLimit(1)))
        .containsExactly(ofPool.get(0));
    assertThat(refusal(ReadRequest.newBuilder().setDead(DeadQuery.newBuilder().setPool("no"))))
        .isEqualTo("POOL_UNKNOWN");
    assertThat(refusal(ReadRequest.newBuilder().setDead(DeadQuery.getDefaultInstance())))
        .isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void missingBlobsAreThoseThatAreNotThereWhole() {
    Blob whole = TestPayloads.blob("whole", 3);
    Blob part = TestPayloads.blob("part", 3);
    Blob none = TestPayloads.blob("none", 3);
    queue.put(whole);
    queue.put("client", part, 0, 2);
    var query = BlobsQuery.newBuilder().addBlobs(whole).addBlobs(part).addBlobs(none);

    var answer = read(ReadRequest.newBuilder().setBlobs(query));

    assertThat(answer.getMissing().getBlobsList()).containsExactly(part, none);
    assertThat(read(ReadRequest.newBuilder().setBlobs(BlobsQuery.newBuilder().addBlobs(whole))))
        .as("none, and not no answer")
        .matches(ReadResponse::hasMissing);
    var nameless = BlobsQuery.newBuilder().addBlobs(Blob.getDefaultInstance());
    assertThat(refusal(ReadRequest.newBuilder().setBlobs(nameless))).isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void aReadOfNothingIsRefused() {
    assertThat(refusal(ReadRequest.newBuilder())).isEqualTo("INVALID_ARGUMENT");
  }

  @Test
  void aSessionsPrincipalIsKnownWhileItIsOpen() {
    long session = queue.party("client").session;
    assertThat(queue.machine.opened(session).getPrincipal()).isEqualTo("client");
    assertThat(queue.machine.opened(session + 1)).isNull();
    queue.expire("client");
    assertThat(queue.machine.opened(session)).isNull();
  }

  private static PoolsQuery pool(String name) {
    return PoolsQuery.newBuilder().setPool(name).build();
  }

  private List<PoolStatus> pools(String name) {
    return read(ReadRequest.newBuilder().setPools(pool(name))).getPools().getPoolsList();
  }

  private List<JobStatus> jobs(JobsQuery.Builder query) {
    return read(ReadRequest.newBuilder().setJobs(query)).getJobs().getJobsList();
  }

  private JobStatus job(String id) {
    return jobs(JobsQuery.newBuilder().setJobId(TestPayloads.id(id))).get(0);
  }

  private List<String> ids(JobsQuery.Builder query) {
    return jobs(query).stream()
        .map(job -> job.getJobId().toStringUtf8().replace("\0", ""))
        .toList();
  }

  private List<DeadItem> dead(DeadQuery.Builder query) {
    return read(ReadRequest.newBuilder().setDead(query)).getDead().getItemsList();
  }

  private String refusal(ReadRequest.Builder request) {
    return read(request).getRefusal().getCode().name();
  }

  /** A machine restored from the snapshot answers alike. */
  private ReadResponse read(ReadRequest.Builder request) {
    ReadResponse answer = queue.machine.read(request.build());
    assertThat(QueueMachine.restore(queue.machine.snapshot()).read(request.build()))
        .isEqualTo(answer);
    return answer;
  }
}
