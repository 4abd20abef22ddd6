package dev.podpool.operator.cluster;

import com.google.protobuf.ByteString;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.crd.WorkerProcessStatus;
import dev.podpool.operator.plan.ObservedProcess;
import dev.podpool.operator.plan.ProcessPlan;
import dev.podpool.operator.plan.ProcessStep;
import dev.podpool.operator.plan.Worker;
import dev.podpool.protocol.ProcessStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One reconciliation of a process: observe, plan, apply, publish. */
final class ProcessTurn {

  private static final int SIGTERM = 15;
  private static final String GONE = "PodGone";

  private final WorkerProcess process;
  private final PoolTools tools;
  private final ProcessMemory memory;
  private final PoolQueue queue;
  private final @Nullable QueueView view;
  private final @Nullable WorkerProcessStatus last;
  private final Consumer<Pod> made;
  private final Instant now;
  private @Nullable WorkerPod pod;

  /**
   * @param queue null if there is none
   * @param pod its own as last seen; null if it is not there
   * @param made takes its pod, when it was made
   */
  ProcessTurn(
      WorkerProcess process,
      PoolTools tools,
      ProcessMemory memory,
      @Nullable PoolQueue queue,
      @Nullable WorkerPod pod,
      Consumer<Pod> made) {
    this.process = process;
    this.tools = tools;
    this.memory = memory;
    this.queue = queue == null ? PoolQueue.NONE : queue;
    this.view = queue == null ? null : queue.view(name());
    this.last = memory.written == null ? process.getStatus() : memory.written;
    this.pod = pod;
    this.made = made;
    this.now = tools.clock().instant();
  }

  private String name() {
    return process.getMetadata().getName();
  }

  /** Does it. Returns when to look again, whatever happens meanwhile. */
  Duration run() {
    ObservedProcess observed = observe();
    if (observed.started() && observed.exit() == null && pod == null) {
      pod = ofServer(); // what a cache does not show may be there all the same
      observed = observe();
    }
    ProcessPlan plan = ProcessPlan.of(observed, now);
    for (ProcessStep step : plan.steps()) {
      perform(step);
    }
    boolean isOver =
        plan.steps().contains(ProcessStep.DELETE) || plan.steps().contains(ProcessStep.RELEASE);
    // What the steps did is part of it: that its pod was made is never said too late.
    if (!isOver && !publish(plan.steps().isEmpty() ? plan : ProcessPlan.of(observe(), now))) {
      return ApiCalls.UNWRITTEN;
    }
    Instant retryAt = memory.refusals.until();
    Duration retry = Duration.between(now, retryAt.isAfter(now) ? retryAt : Instant.MAX);
    return retry.compareTo(plan.recheckAfter()) < 0 ? retry : plan.recheckAfter();
  }

  private ObservedProcess observe() {
    boolean isDeleted = process.isMarkedForDeletion();
    return ProcessObserver.observe(
        process,
        last,
        pod,
        view,
        isDeleted && tools.calls().isTerminating(process.getMetadata().getNamespace()),
        memory,
        now);
  }

  /** Its own, and not another's of its name. */
  private @Nullable WorkerPod ofServer() {
    Pod there = tools.calls().find(process.getMetadata().getNamespace(), name());
    return there != null && isOf(there, process) ? new WorkerPod(there) : null;
  }

  static boolean isOf(Pod pod, WorkerProcess process) {
    return new WorkerPod(pod)
        .controller()
        .filter(owner -> owner.getUid().equals(process.getMetadata().getUid()))
        .isPresent();
  }

  // ---- steps

  private void perform(ProcessStep step) {
    switch (step) {
      case START -> start();
      case TELL_END -> tellEnd();
      case TELL_LOST -> tellLost();
      case TERMINATE -> terminate();
      case STOP_POD -> deletePod(null);
      case FORCE_POD -> deletePod(0L);
      case DELETE -> tools.calls().delete(process, null);
      case RELEASE -> tools.calls().release(process);
    }
  }

  private void deletePod(@Nullable Long graceSeconds) {
    if (pod != null) {
      tools.calls().delete(pod.pod(), graceSeconds);
    }
  }

  private void start() {
    ProcessStatus said = ProcessObserver.said(view);
    if (said == null || memory.refusals.until().isAfter(now)) {
      return;
    }
    var template = new PodTemplate(process, said.getSpec(), tools.settings().workerImage());
    try {
      started(tools.calls().create(template.pod()));
      tools.events().normal(process, "Started", "Started its pod");
    } catch (KubernetesClientException e) {
      if (ApiCalls.isForTermination(e)) {
        throw e; // no trouble of the process's
      }
      switch (e.getCode()) {
        case HttpURLConnection.HTTP_CONFLICT -> taken();
        case HttpURLConnection.HTTP_BAD_REQUEST, HttpURLConnection.HTTP_FORBIDDEN, 422 ->
            refused(ApiCalls.refusal(e));
        default -> throw e; // it may have been made all the same, and is found then
      }
    }
  }

  private void started(Pod there) {
    memory.started = true;
    memory.refusals.accepted();
    pod = new WorkerPod(there);
    made.accept(there);
  }

  /** There is a pod of that name: its own, which is not seen yet, or somebody else's. */
  private void taken() {
    WorkerPod own = ofServer();
    if (own != null) {
      started(own.pod());
    } else {
      refused(
          new Worker.Trouble(
              "NameTaken",
              "refused: pod %s exists and is not this process's: delete it".formatted(name())));
    }
  }

  private void refused(Worker.Trouble why) {
    if (!why.equals(memory.refusals.last())) {
      tools.events().warning(process, why.reason(), "Its pod was " + why.words());
    }
    memory.refusals.refused(why, now);
  }

  private void terminate() {
    if (memory.terminatedIn != queue.generation()) {
      memory.terminatedIn = queue.generation();
      queue.signal(name(), SIGTERM);
    }
  }

  private void tellEnd() {
    if (view == null || memory.toldIn == queue.generation()) {
      return;
    }
    memory.toldIn = queue.generation();
    var end =
        pod == null
            ? new PoolQueue.WorkerEnd(0, "its pod is gone", true)
            : new PoolQueue.WorkerEnd(pod.exitCode(), pod.cause(), pod.wasDisrupted());
    for (ByteString nonce : ProcessObserver.sessions(view, pod)) {
      queue.ended(nonce, end);
    }
  }

  private void tellLost() {
    if (memory.lostIn != queue.generation()) {
      memory.lostIn = queue.generation();
      String why = pod == null ? "its pod is gone" : pod.cause();
      queue.lost(
          name(),
          pod == null ? GONE : pod.reason(),
          "it could not come up, or its worker was lost: " + why);
    }
  }

  // ---- status

  /** Whether all is written that there is to say. */
  private boolean publish(ProcessPlan plan) {
    WorkerProcessStatus next = new ProcessStatuses(process, plan.status()).status(last, now);
    if (next.equals(last)) {
      return true;
    }
    if (!tools.calls().status(process, next)) {
      return false;
    }
    memory.written = next;
    return true;
  }
}
