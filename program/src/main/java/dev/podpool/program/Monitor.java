package dev.podpool.program;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How a service is, over HTTP and without a key, for whoever looks after it: each path is a
 * question, answered with text. A question that fails, or is not answered in time, is 503.
 */
public final class Monitor implements AutoCloseable {

  private static final long ANSWER_SECONDS_MAX = 5;
  // Any more at a time wait for their turn: an answer may cost a sync of the disk.
  private static final int REQUESTS_AT_ONCE = 2;

  private final String paths;
  private final String remedy;
  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          REQUESTS_AT_ONCE, Thread.ofPlatform().daemon().name("podpool-monitor-", 1).factory());

  /** One question. */
  public interface Question {

    /** The answer, a line or more. */
    CompletableFuture<String> ask();
  }

  /**
   * Answers from now on.
   *
   * @param questions by their paths, such as {@code /healthz}
   * @param remedy what to do if one is not answered in time
   * @throws IOException if the address can't be listened on; the message says what to do
   */
  public Monitor(InetSocketAddress address, SortedMap<String, Question> questions, String remedy)
      throws IOException {
    this.paths = String.join(" and ", questions.keySet());
    this.remedy = remedy;
    try {
      server = HttpServer.create(address, 16);
    } catch (IOException e) {
      throw new IOException(
          "the monitor can't listen on %s (%s): end whoever has it, or choose another port"
              .formatted(address, e.getMessage()),
          e);
    }
    server.setExecutor(threads);
    // Any other path too: HttpServer's own answer would be HTML.
    server.createContext("/", exchange -> answer(exchange, "", CompletableFuture::new));
    questions.forEach(
        (path, question) ->
            server.createContext(path, exchange -> answer(exchange, path, question)));
    server.start();
  }

  /** The port that it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange, String path, Question question) throws IOException {
    int status = 200;
    String text;
    if (!exchange.getRequestMethod().equals("GET")) {
      status = 405;
      text = "only GET\n";
    } else if (!exchange.getRequestURI().getPath().equals(path)) {
      status = 404;
      text = "there are " + paths + "\n";
    } else {
      try {
        text = question.ask().get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        status = 503;
        text = "no answer within %d s: %s\n".formatted(ANSWER_SECONDS_MAX, remedy);
      } catch (ExecutionException e) {
        status = 503;
        text = LogLines.escaped(String.valueOf(e.getMessage())) + "\n";
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        status = 503;
        text = "it is being shut down\n";
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
