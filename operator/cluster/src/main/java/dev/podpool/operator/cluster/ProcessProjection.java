package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.crd.WorkerProcessSpec;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.protocol.ProcessSpec;
import dev.podpool.protocol.ProcessStatus;
import dev.podpool.session.RandomId;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes a WorkerProcess of each process that a queue has and nobody runs. It is named as its queue
 * calls it, so that whoever makes it again makes nothing. Thread-safe.
 */
final class ProcessProjection implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(ProcessProjection.class.getName());
  private static final Duration RETRY_FIRST = Duration.ofMillis(500);
  private static final Duration RETRY_MOST = Duration.ofSeconds(30);

  private final ApiCalls calls;
  private final Map<ResourceID, Thread> waiting = new ConcurrentHashMap<>();
  private volatile boolean isClosed;

  ProcessProjection(ApiCalls calls) {
    this.calls = calls;
  }

  /** A queue says how a process is. Does not wait. */
  void heard(QueueCluster queue, PoolStatus process) {
    ResourceID id = new ResourceID(process.getPool(), queue.getMetadata().getNamespace());
    if (!isToStart(process)) {
      Thread trying = waiting.remove(id);
      if (trying != null) {
        trying.interrupt();
      }
      return;
    }
    if (!isClosed) {
      waiting.computeIfAbsent(
          id,
          any ->
              Thread.ofVirtual()
                  .name("podpool-projection-" + id.getName())
                  .start(() -> tryToMake(id, queue, process)));
    }
  }

  /**
   * Whether nothing of it has run. One that has, and that no WorkerProcess is there of, was taken
   * away by force: its worker's end is its own.
   */
  static boolean isToStart(PoolStatus status) {
    return status.hasProcess()
        && !status.getProcess().getExited()
        && status.getProcess().getPid() == 0
        && status.getReady() > 0
        && status.getWorkersCount() == 0;
  }

  private void tryToMake(ResourceID id, QueueCluster queue, PoolStatus process) {
    Duration pause = RETRY_FIRST;
    try {
      while (!isClosed) {
        try {
          calls.project(resource(queue, process));
          return;
        } catch (KubernetesClientException e) {
          if (ApiCalls.isForTermination(e)) {
            return;
          }
          LOG.log(
              System.Logger.Level.WARNING,
              "WorkerProcess {0} in {1} can''t be made ({2}); tried again in {3} ms",
              id.getName(),
              id.getNamespace().orElse(""),
              e.getMessage(),
              pause.toMillis());
        }
        Thread.sleep(pause);
        pause =
            pause.multipliedBy(2).compareTo(RETRY_MOST) < 0 ? pause.multipliedBy(2) : RETRY_MOST;
      }
    } catch (InterruptedException e) {
      // It need not be started any more.
    } finally {
      waiting.remove(id, Thread.currentThread());
    }
  }

  private WorkerProcess resource(QueueCluster queue, PoolStatus process) {
    ProcessSpec spec = process.getProcess().getSpec();
    String namespace = queue.getMetadata().getNamespace();
    WorkerProcess made = new WorkerProcess();
    made.setMetadata(
        new ObjectMetaBuilder()
            .withName(process.getPool())
            .withNamespace(namespace)
            .withLabels(Names.labels(Names.QUEUE, queue.getMetadata().getName(), "process"))
            .withFinalizers(Names.TERMINATE)
            .withOwnerReferences(owners(namespace, process.getProcess()))
            .build());
    made.setSpec(
        new WorkerProcessSpec(
            spec.getName(),
            spec.getDaemon(),
            parent(process.getProcess()),
            queue.getMetadata().getName()));
    return made;
  }

  /** The process that has started it, or else the worker whose function has. */
  private static @Nullable String parent(ProcessStatus process) {
    String parent = process.getSpec().getParent();
    String name = parent.isEmpty() ? process.getParentWorker() : parent;
    return name.isEmpty() ? null : name;
  }

  /** A daemon goes with its parent, when somebody deletes that. */
  private List<OwnerReference> owners(String namespace, ProcessStatus process) {
    if (!process.getSpec().getDaemon()) {
      return List.of();
    }
    String parent = process.getSpec().getParent();
    HasMetadata owner =
        parent.isEmpty() ? worker(namespace, process) : calls.findProcess(namespace, parent);
    return owner == null ? List.of() : List.of(Owners.parent(owner));
  }

  /** The pod that it was started in, and not another of its name; null: it is gone, or none. */
  private @Nullable Pod worker(String namespace, ProcessStatus process) {
    String name = process.getParentWorker();
    Pod pod = name.isEmpty() ? null : calls.find(namespace, name);
    boolean isIt =
        pod != null
            && RandomId.of(UUID.fromString(pod.getMetadata().getUid()))
                .equals(process.getParentWorkerNonce());
    return isIt ? pod : null;
  }

  @Override
  public void close() {
    isClosed = true;
    Set.copyOf(waiting.values()).forEach(Thread::interrupt);
  }
}
