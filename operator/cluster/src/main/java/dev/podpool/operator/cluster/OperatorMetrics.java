package dev.podpool.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** The operator in numbers, as Prometheus reads them: docs/operator.md lists them. */
final class OperatorMetrics implements Metrics, Interceptor {

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final AtomicInteger leading = new AtomicInteger();
  private final AtomicInteger underWay = new AtomicInteger();

  OperatorMetrics() {
    io.micrometer.core.instrument.Gauge.builder(
            "podpool.operator.leading", leading, AtomicInteger::doubleValue)
        .description("Whether this replica reconciles: 1 or 0")
        .register(registry);
  }

  void leads(boolean is) {
    leading.set(is ? 1 : 0);
  }

  /** Whether a reconciliation is under way. */
  boolean isReconciling() {
    return underWay.get() > 0;
  }

  /** All of it, in Prometheus' text format. */
  String text() {
    return registry.scrape();
  }

  @Override
  public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
    Timer.Sample started = Timer.start();
    underWay.incrementAndGet();
    try {
      return execution.execute();
    } finally {
      underWay.decrementAndGet();
      started.stop(
          Timer.builder("podpool.operator.reconcile")
              .description("Reconciling a pool or a queue")
              .tag("controller", execution.controllerName())
              .register(registry));
    }
  }

  @Override
  public void failedReconciliation(
      HasMetadata resource, Exception exception, Map<String, Object> metadata) {
    registry.counter("podpool.operator.failures", "kind", resource.getKind()).increment();
  }

  @Override
  public void after(
      HttpRequest request, HttpResponse<?> response, AsyncBody.Consumer<List<ByteBuffer>> body) {
    registry
        .counter(
            "podpool.operator.api.requests",
            "method",
            request.method(),
            "code",
            String.valueOf(response.code()))
        .increment();
  }
}
