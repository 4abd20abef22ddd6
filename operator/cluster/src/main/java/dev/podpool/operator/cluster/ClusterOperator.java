package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.WorkerPool;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.protocol.PoolStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The operator in this process, from start to close. */
final class ClusterOperator implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(ClusterOperator.class.getName());

  // What failed is tried again for ever: after these, or at the next event.
  private static final Duration RETRY_FIRST = Duration.ofMillis(500);
  private static final Duration RETRY_MOST = Duration.ofSeconds(30);
  private static final Duration SWEEP = Duration.ofMinutes(5);
  private static final Duration STOP_MAX = Duration.ofSeconds(5);

  private static final int EXIT_NO_LONGER_LEADS = 1;

  private final Operator operator;
  private final PoolReconciler pools;
  private final ProcessReconciler processes;
  private final ProcessProjection projection;
  private final PoolQueue.All queues;
  private final LeftoverBindings leftovers;
  private final ApiCalls calls;
  private final OperatorMetrics metrics;
  private final @Nullable Leadership leadership;
  private final boolean isAlone;
  private volatile boolean isClosing;
  private volatile boolean hasStarted;
  private volatile @Nullable Thread sweeper;

  /**
   * What an operator is made from.
   *
   * @param client not closed with it
   * @param namespaces to look after; empty for all
   * @param ca signs for queues
   * @param leadership null for the only replica there is
   * @param clock of this machine
   */
  record Setup(
      KubernetesClient client,
      ClusterSettings settings,
      Set<String> namespaces,
      CaStore ca,
      OperatorMetrics metrics,
      @Nullable Leadership leadership,
      InstantSource clock) {}

  /**
   * An operator that does nothing yet.
   *
   * @param queues given who takes what queues have to say
   */
  ClusterOperator(Setup setup, Function<QueueNews, PoolQueue.All> queues) {
    KubernetesClient client = setup.client();
    InstantSource clock = setup.clock();
    PoolTools tools =
        new PoolTools(
            setup.settings(), new ApiCalls(client), new EventRecorder(client, clock), clock);
    leftovers = new LeftoverBindings(tools.calls(), setup.namespaces());
    isAlone = setup.leadership() == null;
    projection = new ProcessProjection(tools.calls());
    this.queues = queues.apply(new News());
    pools = new PoolReconciler(tools, this.queues);
    processes = new ProcessReconciler(tools, this.queues);
    leadership = setup.leadership();
    calls = tools.calls();
    metrics = setup.metrics();
    setup.metrics().leads(leadership == null);
    operator =
        new Operator(
            overrider -> {
              overrider
                  .withKubernetesClient(client)
                  .withCloseClientOnStop(false)
                  .withMetrics(setup.metrics())
                  .withReconciliationTerminationTimeout(STOP_MAX);
              if (leadership != null) {
                overrider.withLeaderElectionConfiguration(
                    leadership.configuration(this::leads, this::leadsNoLonger));
              }
            });
    operator.register(
        pools,
        (ControllerConfigurationOverrider<WorkerPool> o) -> configure(o, setup.namespaces()));
    operator.register(
        processes,
        (ControllerConfigurationOverrider<WorkerProcess> o) -> configure(o, setup.namespaces()));
    operator.register(
        new QueueReconciler(tools, setup.ca(), this.queues),
        (ControllerConfigurationOverrider<QueueCluster> o) -> configure(o, setup.namespaces()));
    operator.register(
        new SigningReconciler(tools, setup.ca(), setup.namespaces()),
        // In no namespace.
        (ControllerConfigurationOverrider<CertificateSigningRequest> o) -> configure(o, Set.of()));
  }

  private static <P extends HasMetadata> void configure(
      ControllerConfigurationOverrider<P> controller, Set<String> namespaces) {
    if (namespaces.isEmpty()) {
      controller.watchingAllNamespaces();
    } else {
      controller.settingNamespaces(namespaces);
    }
    controller.withFieldManager(Names.FIELD_MANAGER);
    controller.withRetry(
        new GenericRetry()
            .withoutMaxAttempts()
            .setInitialInterval(RETRY_FIRST)
            .setIntervalMultiplier(2)
            .setMaxInterval(RETRY_MOST.toMillis()));
  }

  private final class News implements QueueNews {

    @Override
    public void ofPool(String namespace, String pool) {
      pools.queueHasNews(namespace, pool);
      processes.queueHasNews(namespace, pool);
    }

    @Override
    public void ofProcess(QueueCluster queue, PoolStatus process) {
      projection.heard(queue, process);
    }
  }

  /** Returns when it has seen all that there is; reconciling goes on meanwhile, if it leads. */
  void start() {
    operator.start();
    hasStarted = true;
    if (isAlone) {
      sweep();
    }
  }

  private void leads() {
    metrics.leads(true);
    sweep();
  }

  private void leadsNoLonger() {
    metrics.leads(false);
    Leadership lost = leadership;
    if (lost != null && lost.endsProcess() && !isClosing) {
      // Another leads by now, and this one may be in the middle of something: nothing is closed,
      // and the thread that tells so would be waited for.
      Runtime.getRuntime().halt(EXIT_NO_LONGER_LEADS);
    }
  }

  /** From now on: what a deletion left undone, here or before this replica led, is done. */
  private void sweep() {
    sweeper =
        Thread.ofVirtual()
            .name("podpool-sweep")
            .start(
                () -> {
                  try {
                    while (true) {
                      leftovers.sweep();
                      Thread.sleep(SWEEP);
                    }
                  } catch (InterruptedException e) {
                    // It is closed.
                  }
                });
  }

  /**
   * That it hears of what changes.
   *
   * @throws IllegalStateException if it does not; the message says of what
   */
  String health() {
    if (!hasStarted) {
      // The SDK would let who asks wait for the whole start.
      throw new IllegalStateException("it has not seen yet all that there is");
    }
    if (!operator.getRuntimeInfo().allEventSourcesAreHealthy()) {
      throw new IllegalStateException(
          "the API server is not heard of " + operator.getRuntimeInfo().unhealthyEventSources());
    }
    return "ok\n";
  }

  /**
   * Ends what is under way, within seconds, and lets another lead at once. Where a reconciliation
   * does not end in time, another leads only when this one's term is over.
   */
  @Override
  public void close() {
    isClosing = true;
    Thread sweeping = sweeper;
    if (sweeping != null) {
      sweeping.interrupt();
    }
    projection.close();
    operator.stop();
    queues.close();
    Leadership held = leadership;
    if (held != null && !metrics.isReconciling()) {
      try {
        calls.releaseLease(held.namespace(), Leadership.LEASE, held.identity());
      } catch (KubernetesClientException e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "Lease {0} is not let go ({1}); another replica leads when it ends",
            Leadership.LEASE,
            e.getMessage());
      }
    }
  }
}
