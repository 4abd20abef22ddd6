package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.WorkerProcess;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs each process in its one pod, and shows what the queue knows of it. Each reconciliation looks
 * at all that there is, as those of pools do.
 */
@ControllerConfiguration(name = ProcessReconciler.NAME, triggerReconcilerOnAllEvents = true)
public final class ProcessReconciler implements Reconciler<WorkerProcess> {

  static final String NAME = "workerprocesses";

  private static final int SIGTERM = 15;
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

  private final PoolTools tools;
  private final PoolQueue.All queues;
  private final Memories<ProcessMemory> memories = new Memories<>(ProcessMemory::new);
  private final SimpleInboundEventSource<WorkerProcess> queueNews =
      new SimpleInboundEventSource<>("queues");
  private @Nullable InformerEventSource<Pod, WorkerProcess> pods;

  ProcessReconciler(PoolTools tools, PoolQueue.All queues) {
    this.tools = tools;
    this.queues = queues;
  }

  /** A queue has said something new of what may be a process. */
  void queueHasNews(String namespace, String pool) {
    queueNews.propagateEvent(new ResourceID(pool, namespace));
  }

  @Override
  public List<EventSource<?, WorkerProcess>> prepareEventSources(
      EventSourceContext<WorkerProcess> context) {
    var ofPods =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Pod.class, WorkerProcess.class)
                .withName("pods")
                .withLabelSelector(Names.PROCESS)
                .withSecondaryToPrimaryMapper(
                    pod ->
                        Set.of(
                            new ResourceID(
                                pod.getMetadata().getLabels().get(Names.PROCESS),
                                pod.getMetadata().getNamespace())))
                .withNamespacesInheritedFromController()
                .build(),
            context);
    pods = ofPods;
    var ofQueues =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(QueueCluster.class, WorkerProcess.class)
                .withName("queue-clusters")
                .withSecondaryToPrimaryMapper(
                    queue ->
                        context
                            .getPrimaryCache()
                            .list(
                                queue.getMetadata().getNamespace(),
                                process ->
                                    process.getSpec().queue().equals(queue.getMetadata().getName()))
                            .map(ResourceID::fromResource)
                            .collect(Collectors.toSet()))
                .withPrimaryToSecondaryMapper(
                    (WorkerProcess process) ->
                        Set.of(
                            new ResourceID(
                                process.getSpec().queue(), process.getMetadata().getNamespace())))
                .withNamespacesInheritedFromController()
                .build(),
            context);
    return List.of(ofPods, ofQueues, queueNews);
  }

  @Override
  public UpdateControl<WorkerProcess> reconcile(
      WorkerProcess process, Context<WorkerProcess> context) {
    PoolQueue queue = context.getSecondaryResource(QueueCluster.class).map(queues::of).orElse(null);
    if (context.isPrimaryResourceDeleted()) {
      gone(process, queue);
      return UpdateControl.noUpdate();
    }
    return UpdateControl.<WorkerProcess>noUpdate().rescheduleAfter(there(process, queue, context));
  }

  private Duration there(
      WorkerProcess process, @Nullable PoolQueue queue, Context<WorkerProcess> context) {
    WorkerPod pod =
        context
            .getSecondaryResourcesAsStream(Pod.class)
            .filter(each -> ProcessTurn.isOf(each, process))
            .map(WorkerPod::new)
            .findFirst()
            .orElse(null);
    try {
      return new ProcessTurn(process, tools, memories.of(process), queue, pod, this::made).run();
    } catch (KubernetesClientException e) {
      if (!ApiCalls.isForTermination(e)) {
        throw e;
      }
      return LOOK_AGAIN; // it is deleted with its namespace, which is an event
    }
  }

  private void made(Pod pod) {
    if (pods != null) {
      pods.handleRecentResourceCreate(ResourceID.fromResource(pod), pod);
    }
  }

  /** If somebody has taken the finalizer away, the queue does not know yet that it is to end. */
  private void gone(WorkerProcess process, @Nullable PoolQueue queue) {
    memories.forget(process);
    if (queue != null) {
      String name = process.getMetadata().getName();
      QueueView view = queue.view(name);
      if (view.pool() != null && !view.pool().getProcess().getExited()) {
        queue.signal(name, SIGTERM);
      }
      queue.forget(name);
    }
  }
}
