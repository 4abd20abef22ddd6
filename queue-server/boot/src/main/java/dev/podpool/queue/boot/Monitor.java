package dev.podpool.queue.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.podpool.queue.front.QueueFront;
import dev.podpool.queue.loop.QueueLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Whether the queue works, and how it does, over HTTP and without a key: off unless it is asked
 * for. {@code /healthz} appends an entry and waits until it is applied, so it fails where the disk
 * hangs; {@code /metrics} reads the state between two entries.
 */
final class Monitor implements AutoCloseable {

  private static final long ANSWER_SECONDS_MAX = 5;
  // Any more at a time wait for their turn; a probe costs a sync of the disk.
  private static final int REQUESTS_AT_ONCE = 2;

  private final QueueLoop queue;
  private final QueueFront front;
  private final Metrics metrics;
  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          REQUESTS_AT_ONCE, Thread.ofPlatform().daemon().name("podpool-monitor-", 1).factory());

  Monitor(InetSocketAddress address, QueueLoop queue, QueueFront front, Metrics metrics)
      throws IOException {
    this.queue = queue;
    this.front = front;
    this.metrics = metrics;
    try {
      server = HttpServer.create(address, 16);
    } catch (IOException e) {
      throw new IOException(
          "the monitor can't listen on %s (%s): end whoever has it, or choose another port"
              .formatted(address, e.getMessage()),
          e);
    }
    server.setExecutor(threads);
    server.createContext("/healthz", exchange -> answer(exchange, "/healthz", this::health));
    server.createContext("/metrics", exchange -> answer(exchange, "/metrics", this::metrics));
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private CompletableFuture<String> health() {
    return queue.probe().thenApply(index -> "ok: entry " + index + " is durable and applied\n");
  }

  private CompletableFuture<String> metrics() {
    return queue
        .read(Metrics.State::of)
        .thenApply(state -> metrics.text(state, front.connections()));
  }

  private interface Question {
    CompletableFuture<String> ask();
  }

  private static void answer(HttpExchange exchange, String path, Question question)
      throws IOException {
    int status = 200;
    String text;
    if (!exchange.getRequestMethod().equals("GET")) {
      status = 405;
      text = "only GET\n";
    } else if (!exchange.getRequestURI().getPath().equals(path)) {
      status = 404;
      text = "there are /healthz and /metrics\n";
    } else {
      try {
        text = question.ask().get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        status = 503;
        text =
            "no answer within %d s: see to the disk, then restart the queue\n"
                .formatted(ANSWER_SECONDS_MAX);
      } catch (ExecutionException e) {
        status = 503;
        text = LogLines.escaped(String.valueOf(e.getMessage())) + "\n";
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        status = 503;
        text = "the queue is being shut down\n";
      }
    }
    byte[] bytes = text.getBytes(UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
