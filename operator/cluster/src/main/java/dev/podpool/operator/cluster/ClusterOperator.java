package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.WorkerPool;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** The operator in this process, from start to close. */
final class ClusterOperator implements AutoCloseable {

  // What failed is tried again for ever: after these, or at the next event.
  private static final Duration RETRY_FIRST = Duration.ofMillis(500);
  private static final Duration RETRY_MOST = Duration.ofSeconds(30);
  private static final Duration STOP_MAX = Duration.ofSeconds(5);

  private final Operator operator;
  private final PoolReconciler pools;
  private final PoolQueue.All queues;

  /**
   * An operator that does nothing yet.
   *
   * @param client not closed here
   * @param namespaces to look after; empty for all
   * @param queues given who takes namespace and name of a pool of which a queue has news
   */
  ClusterOperator(
      KubernetesClient client,
      ClusterSettings settings,
      Set<String> namespaces,
      QueueKeys keys,
      Function<BiConsumer<String, String>, PoolQueue.All> queues) {
    InstantSource clock = InstantSource.system();
    PoolTools tools =
        new PoolTools(settings, new ApiCalls(client), new EventRecorder(client, clock), clock);
    this.queues = queues.apply(this::queueHasNews);
    pools = new PoolReconciler(tools, this.queues);
    operator =
        new Operator(
            overrider ->
                overrider
                    .withKubernetesClient(client)
                    .withCloseClientOnStop(false)
                    .withReconciliationTerminationTimeout(STOP_MAX));
    operator.register(
        pools, (ControllerConfigurationOverrider<WorkerPool> o) -> configure(o, namespaces));
    operator.register(
        new QueueReconciler(tools, keys, this.queues),
        (ControllerConfigurationOverrider<QueueCluster> o) -> configure(o, namespaces));
  }

  private static <P extends HasMetadata> void configure(
      ControllerConfigurationOverrider<P> controller, Set<String> namespaces) {
    if (namespaces.isEmpty()) {
      controller.watchingAllNamespaces();
    } else {
      controller.settingNamespaces(namespaces);
    }
    controller.withRetry(
        new GenericRetry()
            .withoutMaxAttempts()
            .setInitialInterval(RETRY_FIRST)
            .setMaxInterval(RETRY_MOST.toMillis()));
  }

  private void queueHasNews(String namespace, String pool) {
    pools.queueHasNews(namespace, pool);
  }

  void start() {
    operator.start();
  }

  /** Ends what is under way. */
  @Override
  public void close() {
    operator.stop();
    queues.close();
  }
}
