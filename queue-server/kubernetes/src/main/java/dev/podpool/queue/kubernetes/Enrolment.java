package dev.podpool.queue.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.podpool.queue.front.ShownIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Gets the queue's certificate by a CertificateSigningRequest, which the operator signs, and a new
 * one when a third of its time is left. Key and certificate are kept on the disk, so that a queue
 * restarts without an operator.
 */
final class Enrolment implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(Enrolment.class.getName());

  private static final String REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  private static final Duration COMPLAINTS = Duration.ofMinutes(1);

  /**
   * How often it does what.
   *
   * @param look looks whether a request was answered
   * @param again asks anew after one that came to nothing
   * @param wake looks at the clock, which may be set meanwhile
   * @param patience calls it wrong that a request still waits
   */
  record Pace(Duration look, Duration again, Duration wake, Duration patience) {
    static final Pace USUAL =
        new Pace(
            Duration.ofSeconds(1),
            Duration.ofSeconds(30),
            Duration.ofMinutes(1),
            Duration.ofMinutes(1));
  }

  private final ApiServer api;
  private final QueueNames names;
  private final Path file;
  private final Pace pace;
  private final ShownIdentity identity = new ShownIdentity(this::shown);
  private final Thread thread = new Thread(this::run, "podpool-enrolment");
  private volatile @Nullable Serving newest;
  private @Nullable Instant complained; // touched by the thread only

  /** Takes what is in {@code file}, if that is still good. */
  Enrolment(ApiServer api, QueueNames names, Path file, Pace pace) {
    this.api = api;
    this.names = names;
    this.file = file;
    this.pace = pace;
    thread.setDaemon(true);
    if (!Files.exists(file)) {
      return;
    }
    try {
      Serving kept = Serving.read(file, names);
      if (kept.isValidAt(Instant.now())) {
        newest = kept;
      }
    } catch (IOException | GeneralSecurityException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the key and certificate in {0} can''t be used ({1}); others are asked for",
          file,
          e.getMessage());
    }
  }

  ShownIdentity identity() {
    return identity;
  }

  private ShownIdentity.@Nullable Shown shown() {
    Serving serving = newest;
    return serving == null ? null : new ShownIdentity.Shown(serving.key(), serving.chain());
  }

  /** Why nobody can connect; null where all is well. */
  @Nullable String lacking() {
    Serving serving = newest;
    if (serving == null) {
      return "no certificate yet: it is asked for, and the operator signs it;"
          + " kubectl get csr shows what became of it";
    }
    return serving.isValidAt(Instant.now())
        ? null
        : "the certificate is not valid now (until "
            + serving.certificate().getNotAfter().toInstant()
            + "): see that an operator runs, which signs the next";
  }

  /** Once; returns at once. */
  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        Serving serving = newest;
        Instant due = serving == null ? Instant.EPOCH : serving.renewal();
        if (due.isAfter(Instant.now())) {
          Thread.sleep(pace.wake());
        } else if (!tryToEnrol()) {
          Thread.sleep(pace.again());
        }
      }
    } catch (InterruptedException e) {
      // It is closed.
    }
  }

  /** Whatever is wrong, it is tried again. */
  private boolean tryToEnrol() throws InterruptedException {
    try {
      return enrol();
    } catch (RuntimeException e) {
      complain(e.toString());
      return false;
    }
  }

  /** Whether there is a new certificate. */
  private boolean enrol() throws InterruptedException {
    SigningRequest request = SigningRequest.of(names);
    try {
      ApiServer.Answer made = api.post(REQUESTS, request.object()).join();
      if (!made.isSuccess()) {
        complain("the API server takes no request for it (" + made.error() + ")");
        return false;
      }
      Instant asked = Instant.now();
      await(request);
      while (true) {
        if (!Instant.now().isBefore(asked.plus(pace.patience()))) {
          complain("request " + request.name() + " waits for the operator to sign it");
        }
        Thread.sleep(pace.look());
        ApiServer.Answer now = api.get(REQUESTS + "/" + request.name()).join();
        if (now.status() == 404) {
          complain("request " + request.name() + " was deleted; another follows");
          return false;
        }
        if (!now.isSuccess()) {
          complain("request " + request.name() + " can't be read (" + now.error() + ")");
          return false;
        }
        String refused = refused(now.body());
        if (refused != null) {
          complain("request " + request.name() + " came to nothing (" + refused + ")");
          return false;
        }
        String certificate = now.body().path("status").path("certificate").asText("");
        if (!certificate.isEmpty()) {
          return take(request, certificate);
        }
      }
    } catch (CompletionException e) {
      complain(e.getCause() == null ? e.toString() : String.valueOf(e.getCause().getMessage()));
      return false;
    }
  }

  /** What each renewal begins with, and nothing wrong. */
  private void await(SigningRequest request) {
    LOG.log(
        System.Logger.Level.INFO,
        "queue {0} waits for its {1} certificate: request {2} is for the operator to sign",
        names,
        which(),
        request.name());
  }

  private String which() {
    return newest == null ? "first" : "next";
  }

  private static @Nullable String refused(JsonNode request) {
    for (JsonNode condition : request.path("status").path("conditions")) {
      String type = condition.path("type").asText();
      if (type.equals("Denied") || type.equals("Failed")) {
        return type
            + ", "
            + condition.path("reason").asText()
            + ": "
            + condition.path("message").asText();
      }
    }
    return null;
  }

  private boolean take(SigningRequest request, String certificate) {
    try {
      String pem = new String(Base64.getDecoder().decode(certificate), StandardCharsets.UTF_8);
      Serving serving = Serving.of(request.pair().getPrivate(), pem, names);
      serving.write(file);
      newest = serving;
      complained = null;
      LOG.log(
          System.Logger.Level.INFO,
          "the certificate of queue {0} is there, valid until {1}",
          names,
          serving.certificate().getNotAfter().toInstant());
      return true;
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      complain("the certificate of request " + request.name() + " can't be used: " + e);
      return false;
    }
  }

  /** Once a minute: whoever waits for the queue wants to know why. */
  private void complain(String why) {
    Instant now = Instant.now();
    if (complained == null || !now.isBefore(complained.plus(COMPLAINTS))) {
      complained = now;
      LOG.log(
          System.Logger.Level.WARNING,
          "queue {0} waits for its {1} certificate: {2}",
          names,
          which(),
          why);
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
