package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.crd.Manifests;
import dev.podpool.crd.WorkerPool;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.crd.WorkerProcessSpec;
import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.operator.control.Control;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.ProcessStatus;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.protocol.WorkerStart;
import dev.podpool.protocol.WorkerStatus;
import dev.podpool.queue.front.QueueFront;
import dev.podpool.queue.front.SharedKey;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.rpc.Endpoint;
import dev.podpool.session.QueueSession;
import dev.podpool.session.RandomId;
import dev.podpool.session.SessionHandler;
import dev.podpool.worker.WorkerMain;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The worker's program, started as a kubelet would: with its pod's variables and nothing else. */
class WorkerOfAPodTest {

  private static final String KEY = "0123456789abcdef";

  @Test
  void itJoinsItsQueueAsItsPodAndLeavesWhenItsPoolIsDeleted(@TempDir Path directory)
      throws Exception {
    WorkerPool pool =
        Manifests.read(
            """
            {apiVersion: podpool.dev/v1alpha1, kind: WorkerPool, metadata: {name: index, namespace: any}, spec: {slots: 1}}
            """,
            "test");
    pool.getMetadata().setUid("uid");
    UUID uid = UUID.randomUUID();
    Pod pod = new PodTemplate(pool, "any").pod("index-0", 0, Owners.reference(pool));
    Files.writeString(directory.resolve("key"), KEY);
    Files.createDirectories(directory.resolve("queue"));

    try (QueueLoop queue = QueueLoop.inMemory();
        QueueFront front =
            new QueueFront(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                queue,
                new QueueFront.Parts(new SharedKey(KEY, "any"), () -> null, blob -> null, 100));
        QueueLink link =
            new QueueLink(
                () -> new Endpoint("127.0.0.1", front.port(), KEY),
                any -> {},
                process -> {},
                (name, other) -> {})) {
      Files.writeString(directory.resolve("queue/endpoint"), "127.0.0.1 " + front.port());
      link.define(Control.definition("index", "uid", pool.getSpec()));
      await(() -> link.view("index").pool(), defined -> defined != null);
      Process worker = start(pod, uid, directory);
      try {
        WorkerStatus joined =
            await(
                () -> link.view("index").workers().get(RandomId.of(uid)),
                session -> session != null && session.getWindow() > 0);
        assertThat(joined.getWorker()).isEqualTo("index-0");
        assertThat(joined.getSlots()).isEqualTo(1);

        link.delete("index", "uid");

        assertThat(worker.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(worker.exitValue()).isZero();
      } finally {
        worker.destroyForcibly();
      }
    }
  }

  @Test
  void itRunsAProcessAndEndsWithIt(@TempDir Path directory) throws Exception {
    String name = "process-0123456789abcdef";
    WorkerProcess process = new WorkerProcess();
    process.getMetadata().setName(name);
    process.getMetadata().setNamespace("any");
    process.getMetadata().setUid("uid");
    process.setSpec(new WorkerProcessSpec("Process-1", false, null, "default"));
    ProcessSpec spec = ProcessSpec.newBuilder().setName("Process-1").build();
    Pod pod = new PodTemplate(process, spec, "any").pod();
    Files.writeString(directory.resolve("key"), KEY);
    Files.createDirectories(directory.resolve("queue"));

    try (QueueLoop queue = QueueLoop.inMemory();
        QueueFront front =
            new QueueFront(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                queue,
                new QueueFront.Parts(new SharedKey(KEY, "any"), () -> null, blob -> null, 100));
        QueueLink link =
            new QueueLink(
                () -> new Endpoint("127.0.0.1", front.port(), KEY),
                any -> {},
                said -> {},
                (pool, other) -> {})) {
      Files.writeString(directory.resolve("queue/endpoint"), "127.0.0.1 " + front.port());
      QueueSession parent =
          queue.open(
              OpenSession.newBuilder().setNonce(RandomId.next()).build(),
              new SessionHandler() {
                @Override
                public void onDelivery(Delivery delivery) {}

                @Override
                public void onEnd(Refusal reason) {}
              });
      parent.send(
          Operation.newBuilder()
              .setDefinePool(
                  DefinePool.newBuilder()
                      .setPool(name)
                      .setUid("uid")
                      .setMaxAttempts(1)
                      .setProcess(spec))
              .build());
      CapturedFunction sleep =
          Capture.named(getClass().getName() + "::beginAndSleep", 1, getClass().getClassLoader());
      Path begun = directory.resolve("begun");
      parent.send(
          Operation.newBuilder()
              .setSubmitJob(
                  SubmitJob.newBuilder()
                      .setJobId(RandomId.next())
                      .setPool(name)
                      .setFunction(ByteString.copyFrom(sleep.reference()))
                      .setFunctionName("any")
                      .setChunk(1)
                      .setMaxAttempts(1)
                      .setInputs(one(sleep.payload(begun.toString())))
                      .setComplete(true))
              .build());
      UUID uid = UUID.randomUUID();
      Process worker = start(pod, uid, directory);
      try {
        await(() -> said(link, name), said -> said.getPid() != 0);
        await(() -> Files.exists(begun), exists -> exists);

        worker.destroy(); // as a kubelet does where somebody deletes the pod

        ProcessStatus ended = await(() -> said(link, name), ProcessStatus::getExited);
        assertThat(ended.getExitCode()).isEqualTo(-15);
        assertThat(worker.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(worker.exitValue()).isZero();
      } finally {
        worker.destroyForcibly();
      }
    }
  }

  static void beginAndSleep(String begun) throws Exception {
    Files.createFile(Path.of(begun));
    Thread.sleep(60_000); // until it is ended
  }

  /** A payload of less than 128 bytes, behind its length. */
  private static Payloads one(byte[] payload) {
    return Payloads.newBuilder()
        .setCount(1)
        .setData(
            ByteString.copyFrom(new byte[] {(byte) payload.length})
                .concat(ByteString.copyFrom(payload)))
        .build();
  }

  private static ProcessStatus said(QueueLink link, String name) {
    var pool = link.view(name).pool();
    return pool == null ? ProcessStatus.getDefaultInstance() : pool.getProcess();
  }

  private static Process start(Pod pod, UUID uid, Path directory) throws Exception {
    ProcessBuilder command =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            WorkerMain.class.getName());
    command.environment().putAll(variables(pod, uid, directory));
    return command.inheritIO().redirectInput(Path.of("/dev/null").toFile()).start();
  }

  /** What a kubelet makes of the pod's, but for a name server that knows the queue's Service. */
  private static Map<String, String> variables(Pod pod, UUID uid, Path home) throws Exception {
    Map<String, String> variables =
        pod.getSpec().getContainers().getFirst().getEnv().stream()
            .filter(variable -> variable.getValue() != null)
            .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
    WorkerStart start =
        WorkerStart.parseFrom(Base64.getDecoder().decode(variables.get(PodTemplate.START_VARIABLE)))
            .toBuilder()
            .clearAccessDirectory()
            .setRuntimeDirectory(home.toString())
            .build();
    variables.put(
        PodTemplate.START_VARIABLE, Base64.getEncoder().encodeToString(start.toByteArray()));
    variables.put(PodTemplate.NAME_VARIABLE, pod.getMetadata().getName());
    variables.put(PodTemplate.UID_VARIABLE, uid.toString());
    return variables;
  }
}
