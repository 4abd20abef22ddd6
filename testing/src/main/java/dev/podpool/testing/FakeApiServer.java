package dev.podpool.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x509.GeneralName;
import org.jspecify.annotations.Nullable;

/**
 * As much of an API server as a queue talks to: reviews of tokens and of access, and requests for
 * certificates, which it signs itself, as an operator would.
 */
public final class FakeApiServer implements AutoCloseable {

  private static final String AUDIENCE = "podpool.dev";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Authority cluster = new Authority("cluster");

  /** Signs what queues serve with. */
  public final Authority operator = new Authority("operator");

  private final HttpsServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Path files;
  private final Map<String, User> users = new ConcurrentHashMap<>();
  private final Map<String, Set<String>> verbs = new ConcurrentHashMap<>();

  /** Those for certificates, by their names. */
  public final Map<String, ObjectNode> requests = new ConcurrentHashMap<>();

  /** How many there were. */
  public final AtomicInteger tokenReviews = new AtomicInteger();

  /** How many there were. */
  public final AtomicInteger accessReviews = new AtomicInteger();

  /** Whether it answers as it should; else 503. */
  public volatile boolean isUp = true;

  /** Whether requests are signed; else they wait. */
  public volatile boolean signs = true;

  /** Of what it signs. */
  public volatile Duration validity = Duration.ofHours(1);

  /** Why it denies requests; empty where it does not. */
  public volatile String denial = "";

  /** For which it signs certificates. */
  public volatile List<String> signedNames =
      List.of("q-queue.search.svc", "q-queue.search", "q-queue", "q-queue-0.q-queue.search.svc");

  /** Of the tokens that it makes; empty for an API server that knows of none. */
  public volatile String audience = AUDIENCE;

  /** Who talks to it by the {@link #kubeconfig}. */
  public final Person person = new Person(this);

  private record User(ObjectNode user, String audience) {}

  /** The queue's account has its files in {@code files}, and is in namespace search. */
  public FakeApiServer(Path files) throws Exception {
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls()));
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
    Files.createDirectories(files);
    Files.writeString(files.resolve("token"), "of-the-queue\n");
    Files.writeString(files.resolve("namespace"), "search\n");
    Files.writeString(files.resolve("ca.crt"), cluster.pem());
    this.files = files;
  }

  /** Where it listens. */
  public URI uri() {
    return URI.create("https://127.0.0.1:" + server.getAddress().getPort());
  }

  /** What makes a client the {@link #person}, in namespace search by the context named fake. */
  public String kubeconfig() throws Exception {
    return """
        apiVersion: v1
        kind: Config
        current-context: fake
        contexts: [{name: fake, context: {cluster: fake, user: jane, namespace: search}}]
        users: [{name: jane, user: {token: %s}}]
        clusters: [{name: fake, cluster: {server: '%s', certificate-authority-data: %s}}]
        """
        .formatted(
            Person.TOKEN,
            uri(),
            Base64.getEncoder().encodeToString(cluster.pem().getBytes(StandardCharsets.US_ASCII)));
  }

  /** Of the queue's account: {@code token}, {@code ca.crt} and {@code namespace}. */
  public Path files() {
    return files;
  }

  private SSLContext tls() throws Exception {
    KeyPair pair = Authority.pair();
    var certificate =
        cluster.sign(
            pair.getPublic(),
            new GeneralName[] {new GeneralName(GeneralName.iPAddress, "127.0.0.1")},
            Duration.ofHours(1));
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("k", pair.getPrivate(), new char[0], new Certificate[] {certificate});
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  // ---- who there is

  /** A token of a ServiceAccount {@code namespace:name} that expires in {@code time}. */
  public String token(String account, Duration time) {
    return token(account, time, null, null);
  }

  /** A token of a ServiceAccount, bound to a pod. */
  public String token(
      String account, Duration time, @Nullable String podName, @Nullable String podUid) {
    String claims = "{\"exp\":" + Instant.now().plus(time).getEpochSecond() + "}";
    String token =
        "e30."
            + Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(claims.getBytes(StandardCharsets.UTF_8))
            + "."
            + users.size();
    ObjectNode user = JSON.createObjectNode();
    user.put("username", "system:serviceaccount:" + account);
    user.put("uid", "uid-of-" + account);
    user.putArray("groups").add("system:serviceaccounts").add("system:authenticated");
    if (podName != null) {
      ObjectNode extra = user.putObject("extra");
      extra.putArray("authentication.kubernetes.io/pod-name").add(podName);
      extra.putArray("authentication.kubernetes.io/pod-uid").add(podUid);
    }
    users.put(token, new User(user, audience));
    return token;
  }

  /** The token is nobody's any more. */
  public void revoke(String token) {
    users.remove(token);
  }

  /** Gives a ServiceAccount {@code namespace:name} verbs in namespace search, and no others. */
  public void allow(String account, String... allowed) {
    verbs.put("system:serviceaccount:" + account, Set.of(allowed));
  }

  // ---- what it answers

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode body = JSON.readTree(exchange.getRequestBody());
      String path = exchange.getRequestURI().getPath();
      String authorization = exchange.getRequestHeaders().getFirst("Authorization");
      if (!isUp) {
        send(exchange, 503, JSON.createObjectNode().put("message", "out of order"));
      } else if (("Bearer " + Person.TOKEN).equals(authorization)) {
        Person.Answer answer = person.answer(exchange.getRequestMethod(), path, body);
        send(exchange, answer.code(), answer.body());
      } else if (!"Bearer of-the-queue".equals(authorization)) {
        send(exchange, 401, JSON.createObjectNode().put("message", "Unauthorized"));
      } else if (path.endsWith("/tokenreviews")) {
        tokenReviews.incrementAndGet();
        send(exchange, 201, tokenReview(body));
      } else if (path.endsWith("/subjectaccessreviews")) {
        accessReviews.incrementAndGet();
        send(exchange, 201, accessReview(body));
      } else if (exchange.getRequestMethod().equals("POST")) {
        requests.put(body.path("metadata").path("name").asText(), (ObjectNode) body);
        send(exchange, 201, body);
      } else {
        ObjectNode request = requests.get(path.substring(path.lastIndexOf('/') + 1));
        send(exchange, request == null ? 404 : 200, request == null ? body : settled(request));
      }
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private JsonNode tokenReview(JsonNode review) {
    ObjectNode answer = review.deepCopy();
    ObjectNode status = answer.putObject("status");
    User user = users.get(review.path("spec").path("token").asText());
    if (user == null || !isAsked(user, review)) {
      status.put("authenticated", false).put("error", "invalid bearer token");
      return answer;
    }
    status.put("authenticated", true).set("user", user.user());
    if (!user.audience().isEmpty()) {
      status.putArray("audiences").add(user.audience());
    }
    return answer;
  }

  private static boolean isAsked(User user, JsonNode review) {
    return user.audience().isEmpty()
        || review.path("spec").path("audiences").path(0).asText().equals(user.audience());
  }

  private JsonNode accessReview(JsonNode review) {
    JsonNode spec = review.path("spec");
    JsonNode asked = spec.path("resourceAttributes");
    boolean isAllowed =
        asked.path("namespace").asText().equals("search")
            && asked.path("group").asText().equals("podpool.dev")
            && asked.path("resource").asText().equals("workerpools")
            && asked.path("subresource").asText().equals("tasks")
            && spec.path("groups").size() == 2
            && !spec.path("uid").asText().isEmpty()
            && verbs
                .getOrDefault(spec.path("user").asText(), Set.of())
                .contains(asked.path("verb").asText());
    ObjectNode answer = review.deepCopy();
    answer.putObject("status").put("allowed", isAllowed);
    return answer;
  }

  private JsonNode settled(ObjectNode request) throws Exception {
    ObjectNode answer = request.deepCopy();
    ObjectNode status = answer.putObject("status");
    if (!denial.isEmpty()) {
      status
          .putArray("conditions")
          .addObject()
          .put("type", "Denied")
          .put("reason", "NotAQueue")
          .put("message", denial);
    } else if (signs) {
      status.put(
          "certificate",
          operator.signed(request.path("spec").path("request").asText(), signedNames, validity));
    }
    return answer;
  }

  private static void send(HttpExchange exchange, int status, JsonNode body) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(body);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
