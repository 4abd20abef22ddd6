package dev.podpool.operator.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The API server as an operator sees it that has trouble with it: requests fail, or somebody else
 * is faster; watches lose events, and end with 410 Gone. Requests that fail are led to a server of
 * its own.
 *
 * <p>Requests are named as rights are: {@code patch podpool.dev/workerpools/status}. Its client
 * must watch by HTTP.
 */
final class FaultyApi implements Interceptor, AutoCloseable {

  /** In place of a code: there is no answer. */
  static final int SILENCE = 0;

  private static final String GONE =
      """
      {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",\
      "message":"too old resource version","reason":"Expired","code":410}}
      """;

  private final HttpServer failing;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<String, List<Long>> failedAtNanos = new ConcurrentHashMap<>();
  private final Map<String, Runnable> before = new ConcurrentHashMap<>();
  private final Set<String> failingOnce = ConcurrentHashMap.newKeySet();
  private final Set<String> ended = new ConcurrentSkipListSet<>();
  private volatile String failingRights = "";
  private volatile int code;
  private volatile String losingRights = "";
  private final AtomicInteger endings = new AtomicInteger();

  FaultyApi() throws IOException {
    failing = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    failing.setExecutor(threads);
    failing.createContext("/", this::fail);
    failing.start();
  }

  // ---- requests

  /** From now on requests whose right matches {@code rights} fail with {@code code}. */
  void fail(int code, String rights) {
    this.code = code;
    failingRights = rights;
  }

  /** The next request of that right fails with {@code code}. */
  void failOnce(int code, String right) {
    this.code = code;
    failingOnce.add(right);
  }

  /** All is well again with requests. */
  void heal() {
    failingRights = "";
  }

  /** When requests of that right have failed, in order. */
  List<Long> failedAtNanos(String right) {
    return failedAtNanos.getOrDefault(right, List.of());
  }

  /** Has {@code other} happen right before the next request of that right. */
  void outrun(String right, Runnable other) {
    before.put(right, other);
  }

  @Override
  public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
    String right = OperatorAccount.right(request.method(), request.uri());
    Runnable other = before.remove(right);
    if (other != null) {
      other.run();
    }
    if (failingOnce.remove(right) || right.matches(failingRights)) {
      failedAtNanos
          .computeIfAbsent(right, any -> new CopyOnWriteArrayList<>())
          .add(System.nanoTime());
      builder.uri(URI.create("http://127.0.0.1:" + failing.getAddress().getPort() + "/" + code));
    }
  }

  private void fail(HttpExchange exchange) throws IOException {
    int as = Integer.parseInt(exchange.getRequestURI().getPath().substring(1));
    try (exchange) {
      if (as == SILENCE) {
        closed.await();
        return;
      }
      byte[] body =
          """
          {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",\
          "message":"of the test's","reason":"%s","code":%d}"""
              .formatted(as == 409 ? "Conflict" : "", as)
              .getBytes(UTF_8);
      exchange.getRequestBody().readAllBytes();
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(as, body.length);
      exchange.getResponseBody().write(body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- watches

  /** From now on watches whose right matches {@code rights} hear of nothing. */
  void loseEvents(String rights) {
    losingRights = rights;
  }

  /** Each watch that there is ends with 410 Gone when it is to be told of something again. */
  void endWatches() {
    endings.incrementAndGet();
    losingRights = "";
  }

  /** Which watches have ended so. */
  Set<String> ended() {
    return ended;
  }

  @Override
  public AsyncBody.Consumer<List<ByteBuffer>> consumer(
      AsyncBody.Consumer<List<ByteBuffer>> consumer, HttpRequest request) {
    if (request.uri().getPort() == failing.getAddress().getPort()) {
      return consumer; // there is nothing to tell
    }
    String right = OperatorAccount.right(request.method(), request.uri());
    return right.startsWith("watch ") ? new Events(consumer, right) : consumer;
  }

  /** One watch: a line an event, in pieces. */
  private final class Events implements AsyncBody.Consumer<List<ByteBuffer>> {

    private final AsyncBody.Consumer<List<ByteBuffer>> watcher;
    private final String right;
    private final int endingsBefore = endings.get();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    Events(AsyncBody.Consumer<List<ByteBuffer>> watcher, String right) {
      this.watcher = watcher;
      this.right = right;
    }

    @Override
    public void consume(List<ByteBuffer> pieces, AsyncBody body) throws Exception {
      List<ByteBuffer> told = new ArrayList<>();
      for (ByteBuffer piece : pieces) {
        while (piece.hasRemaining()) {
          byte next = piece.get();
          line.write(next);
          if (next == '\n') {
            String event = event(line.toString(UTF_8));
            line.reset();
            if (event != null) {
              told.add(ByteBuffer.wrap(event.getBytes(UTF_8)));
            }
          }
        }
      }
      if (told.isEmpty()) {
        body.consume();
      } else {
        watcher.consume(told, body);
      }
    }

    /** What is told in place of {@code event}; null for nothing. */
    private String event(String event) {
      if (endings.get() > endingsBefore) {
        ended.add(right);
        return GONE;
      }
      return right.matches(losingRights) ? null : event;
    }
  }

  @Override
  public void close() {
    closed.countDown();
    failing.stop(0);
    threads.close();
  }
}
