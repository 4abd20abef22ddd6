package dev.podpool.queue.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The cluster's API server, as far as a queue needs it. Thread-safe; its futures fail with an
 * {@link IOException}.
 */
final class ApiServer implements AutoCloseable {

  private static final Duration ANSWER_TIME_MAX = Duration.ofSeconds(10);
  // Each has a connection; the rest waits here.
  private static final int REQUESTS_AT_ONCE = 40;
  private static final int WAITING_MAX = 10_000;

  static final ObjectMapper JSON = new ObjectMapper();

  private final PodAccount account;
  private byte[] authorities; // what http trusts; guarded by this
  private HttpClient http; // guarded by this
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore atOnce = new Semaphore(REQUESTS_AT_ONCE, true);
  private final AtomicInteger waiting = new AtomicInteger();

  /** What it said, whether that is what was asked for or an error. */
  record Answer(int status, JsonNode body) {

    boolean isSuccess() {
      return status / 100 == 2;
    }

    /** For people, where it is no success. */
    String error() {
      String message = body.path("message").asText("");
      return "HTTP " + status + (message.isEmpty() ? "" : ": " + message);
    }
  }

  /**
   * A client of it; connects when it is first asked.
   *
   * @throws IOException if the certificates to know it by can't be read
   */
  ApiServer(PodAccount account) throws IOException {
    this.account = account;
    authorities = Files.readAllBytes(account.authorities());
    http = trusting(authorities);
  }

  /** Trusts what the file holds now: a cluster may replace its authorities. */
  private synchronized HttpClient http() throws IOException {
    byte[] now = Files.readAllBytes(account.authorities());
    if (!Arrays.equals(now, authorities)) {
      HttpClient next = trusting(now);
      http.shutdown(); // requests under way end
      http = next;
      authorities = now;
    }
    return http;
  }

  private HttpClient trusting(byte[] pem) throws IOException {
    try {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int number = 0;
      for (Certificate each :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(pem))) {
        trusted.setCertificateEntry("ca-" + number++, each);
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, factory.getTrustManagers(), null);
      return HttpClient.newBuilder()
          // A request that times out ends its connection, and with it one that leads nowhere.
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(ANSWER_TIME_MAX)
          .executor(threads)
          .sslContext(context)
          .build();
    } catch (GeneralSecurityException | IOException e) {
      throw new IOException(
          "the API server's certificates in " + account.authorities() + " can't be used: " + e, e);
    }
  }

  CompletableFuture<Answer> post(String path, JsonNode body) {
    return later(
        () ->
            HttpRequest.newBuilder(account.server().resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body))));
  }

  CompletableFuture<Answer> get(String path) {
    return later(() -> HttpRequest.newBuilder(account.server().resolve(path)).GET());
  }

  private CompletableFuture<Answer> later(Callable<HttpRequest.Builder> request) {
    if (waiting.incrementAndGet() > WAITING_MAX) {
      waiting.decrementAndGet();
      return CompletableFuture.failedFuture(
          new IOException(WAITING_MAX + " questions wait for the API server already"));
    }
    try {
      return CompletableFuture.supplyAsync(() -> exchange(request), threads)
          .whenComplete((answer, failure) -> waiting.decrementAndGet());
    } catch (RejectedExecutionException e) {
      waiting.decrementAndGet();
      return CompletableFuture.failedFuture(new IOException("the queue is being shut down", e));
    }
  }

  private Answer exchange(Callable<HttpRequest.Builder> request) {
    try {
      if (!atOnce.tryAcquire(ANSWER_TIME_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException("the API server is slower than questions come");
      }
      try {
        HttpResponse<byte[]> response =
            http()
                .send(
                    request
                        .call()
                        .timeout(ANSWER_TIME_MAX)
                        .header("Accept", "application/json")
                        .header("Authorization", "Bearer " + account.token())
                        .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
        return new Answer(response.statusCode(), json(response.body()));
      } finally {
        atOnce.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(new IOException("the queue is being shut down", e));
    } catch (Exception e) { // Callable's; whatever it is, there is no answer
      throw new CompletionException(
          new IOException(
              "the API server at "
                  + account.server()
                  + " does not answer: "
                  + (e.getMessage() == null ? e.toString() : e.getMessage()),
              e));
    }
  }

  /** An error need not be JSON. */
  private static JsonNode json(byte[] body) {
    try {
      JsonNode read = JSON.readTree(body);
      return read == null ? JSON.createObjectNode() : read;
    } catch (IOException e) {
      return JSON.createObjectNode();
    }
  }

  @Override
  public synchronized void close() {
    http.shutdownNow();
    threads.shutdownNow();
  }
}
