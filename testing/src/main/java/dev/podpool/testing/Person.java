package dev.podpool.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A person at a {@link FakeApiServer}, who has a kubeconfig: what there is to see for him. */
public final class Person {

  static final String TOKEN = "of-a-person";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final FakeApiServer server;

  /** What may be read, by its path; what is not here is not there. */
  public final Map<String, String> objects = new ConcurrentHashMap<>();

  /** What the person may not touch: {@code RESOURCE} or {@code RESOURCE/SUBRESOURCE}. */
  public final Set<String> forbidden = ConcurrentHashMap.newKeySet();

  /** The ServiceAccounts of namespace search. */
  public final Set<String> accounts = ConcurrentHashMap.newKeySet();

  /** Of the tokens of ServiceAccounts. */
  public volatile Duration tokenLife = Duration.ofHours(1);

  /** How many tokens were made. */
  public final AtomicInteger tokens = new AtomicInteger();

  /** To which pods a port was to be forwarded, which never comes about. */
  public final List<String> forwarded = new CopyOnWriteArrayList<>();

  /** Requests wait for it. */
  public volatile CountDownLatch gate = new CountDownLatch(0);

  /** What is answered. */
  record Answer(int code, JsonNode body) {}

  Person(FakeApiServer server) {
    this.server = server;
  }

  /** A queue of namespace search, whose authority is {@link FakeApiServer#operator}. */
  public void hasQueue(String name, String ready, String message) throws Exception {
    hasQueue(name, ready, "Starting", message);
  }

  /** The same, with the {@code reason} of its condition. */
  public void hasQueue(String name, String ready, String reason, String message) throws Exception {
    ObjectNode queue = JSON.createObjectNode();
    queue.put("apiVersion", "podpool.dev/v1alpha1").put("kind", "QueueCluster");
    queue.putObject("metadata").put("name", name).put("namespace", "search");
    queue
        .putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", ready)
        .put("reason", reason)
        .put("message", message);
    ObjectNode list = JSON.createObjectNode();
    list.put("apiVersion", "podpool.dev/v1alpha1").put("kind", "QueueClusterList");
    list.putArray("items").add(queue);
    objects.put("/apis/podpool.dev/v1alpha1/namespaces/search/queueclusters", list.toString());
  }

  /** The ConfigMap that leads to a queue of namespace search. */
  public void hasAccess(String queue) throws Exception {
    ObjectNode map = JSON.createObjectNode();
    map.put("apiVersion", "v1").put("kind", "ConfigMap");
    map.putObject("metadata").put("name", queue + "-queue-access").put("namespace", "search");
    map.putObject("data")
        .put("endpoint", queue + "-queue.search.svc:7420")
        .put("ca.crt", server.operator.pem());
    objects.put("/api/v1/namespaces/search/configmaps/" + queue + "-queue-access", map.toString());
  }

  /** The pods of a queue of namespace search, from its first, as they are ready. */
  public void hasPods(String queue, String... ready) {
    ObjectNode list = JSON.createObjectNode();
    list.put("apiVersion", "v1").put("kind", "PodList");
    ArrayNode items = list.putArray("items");
    for (int i = 0; i < ready.length; i++) {
      ObjectNode pod = items.addObject();
      pod.putObject("metadata").put("name", queue + "-queue-" + i).put("namespace", "search");
      pod.putObject("status")
          .putArray("conditions")
          .addObject()
          .put("type", "Ready")
          .put("status", ready[i]);
    }
    objects.put("/api/v1/namespaces/search/pods", list.toString());
  }

  Answer answer(String method, String path, JsonNode body)
      throws JsonProcessingException, InterruptedException {
    gate.await();
    if (path.equals("/version")) {
      return new Answer(200, JSON.createObjectNode().put("major", "1").put("minor", "33"));
    }
    if (path.endsWith("/selfsubjectaccessreviews")) {
      return review(body);
    }
    String[] parts = path.replaceFirst(".*/namespaces/[^/]+/", "").split("/", -1);
    String resource = parts.length > 2 ? parts[0] + "/" + parts[2] : parts[0];
    if (forbidden.contains(resource)) {
      String verb = method.equals("GET") ? "get" : "create";
      return status(
          403,
          "%s is forbidden: User \"jane\" cannot %s resource \"%s\" in the namespace \"search\""
              .formatted(resource, verb, resource));
    }
    if (resource.equals("pods/portforward")) {
      forwarded.add(parts[1]);
    }
    if (resource.equals("serviceaccounts/token")) {
      return accounts.contains(parts[1])
          ? token("search:" + parts[1], body)
          : status(404, "serviceaccounts \"" + parts[1] + "\" not found");
    }
    String found = objects.get(path);
    return found == null
        ? status(404, resource + " not found")
        : new Answer(200, JSON.readTree(found));
  }

  private Answer review(JsonNode body) {
    JsonNode asked = body.path("spec").path("resourceAttributes");
    String subresource = asked.path("subresource").asText();
    String resource =
        asked.path("resource").asText() + (subresource.isEmpty() ? "" : "/" + subresource);
    ObjectNode answer = body.deepCopy();
    answer.putObject("status").put("allowed", !forbidden.contains(resource));
    return new Answer(201, answer);
  }

  private Answer token(String account, JsonNode body) {
    tokens.incrementAndGet();
    ObjectNode answer = body.deepCopy();
    answer
        .putObject("status")
        .put("token", server.token(account, tokenLife))
        .put("expirationTimestamp", Instant.now().plus(tokenLife).toString());
    return new Answer(201, answer);
  }

  private static Answer status(int code, String message) {
    ObjectNode status = JSON.createObjectNode();
    status.put("kind", "Status").put("apiVersion", "v1").put("status", "Failure");
    return new Answer(code, status.put("message", message).put("code", code));
  }
}
