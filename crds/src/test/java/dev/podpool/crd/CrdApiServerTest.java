package dev.podpool.crd;

import static dev.podpool.testing.ApiServer.MERGE;
import static dev.podpool.testing.ApiServer.YAML;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The definitions on a real API server: what the reader says of a manifest, the cluster says too.
 */
@OnApiServer
class CrdApiServerTest {
  private static final Path RESOURCES = Path.of("src/main/resources/dev/podpool/crd");
  private static final String DEFINITIONS =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/";
  private static final List<String> NAMES =
      List.of("workerpools.podpool.dev", "queueclusters.podpool.dev");
  private static final String POOLS = "/apis/podpool.dev/v1alpha1/namespaces/default/workerpools";
  private static final String QUEUES = POOLS.replace("workerpools", "queueclusters");
  private static final String STRICTLY = "?fieldManager=test&fieldValidation=Strict";
  private static final String JSON = "application/json";
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private static ApiServer server;
  private static final List<String> warnings = new ArrayList<>();

  @BeforeAll
  static void haveAServerThatKnowsPoolsAndQueues(ApiServer one) throws Exception {
    server = one;
    for (String name : NAMES) {
      ApiServer.Answer applied =
          server.define(name, Files.readString(RESOURCES.resolve(name + ".yaml")));
      assertThat(applied.isAccepted()).as(applied.message()).isTrue();
      warnings.addAll(applied.warnings());
    }
  }

  @Test
  void theDefinitionsAreTakenWithoutAWarning() throws Exception {
    assertThat(warnings).isEmpty();
    for (String name : NAMES) {
      JsonNode conditions = server.get(DEFINITIONS + name, JSON).body().at("/status/conditions");
      assertThat(conditions.findValuesAsText("type"))
          .containsExactlyInAnyOrder("NamesAccepted", "Established");
    }
  }

  @Test
  void aQueueOfNothingButANameHasEveryDefault() throws Exception {
    ApiServer.Answer answer = server.send("POST", QUEUES + STRICTLY, YAML, queue("plain", "{}"));

    assertThat(answer.isAccepted()).as(answer.message()).isTrue();
    assertThat(answer.warnings()).isEmpty();
    assertThat(MAPPER.treeToValue(answer.body(), QueueCluster.class).getSpec())
        .isEqualTo(QueueClusterSpec.defaults());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "default | {replicas: 2} | give 1 or 3, and for more load",
        "default | {replicas: 5} | give 1 or 3, and for more load",
        "default | {replicas: 0} | give 1 or 3, and for more load",
        "default | {storage: {size: '0'}} | give an amount above 0",
        "default | {imagePullSecrets: [{}]} | spec.imagePullSecrets[0].name: Required value",
        "default | {toleration: []} | unknown field \"spec.toleration\"",
        "1st | {} | with a letter first"
      })
  void aBadQueueIsRefusedWithAReason(String name, String spec, String reason) throws Exception {
    ApiServer.Answer answer = server.send("POST", QUEUES + STRICTLY, YAML, queue(name, spec));

    assertThat(answer.code()).isIn(400, 422);
    assertThat(answer.message()).contains(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'size': '20Gi'} | can't be resized here",
        "{'storageClassName': 'other'} | can't change its class",
        "{'storageClassName': null} | can't change its class"
      })
  void aQueuesVolumeIsForEver(String storage, String reason) throws Exception {
    server.send(
        "POST", QUEUES + STRICTLY, YAML, queue("kept", "{storage: {storageClassName: fast}}"));

    ApiServer.Answer answer =
        server.send(
            "PATCH",
            QUEUES + "/kept",
            MERGE,
            "{\"spec\": {\"storage\": %s}}".formatted(storage.replace('\'', '"')));

    assertThat(answer.code()).isEqualTo(422);
    assertThat(answer.message()).contains(reason);
  }

  @Test
  void aQueueGrowsFromOneReplicaToThreeAndNeverShrinks() throws Exception {
    server.send("POST", QUEUES + STRICTLY, YAML, queue("grows", "{}"));

    ApiServer.Answer grown = server.send("PATCH", QUEUES + "/grows", MERGE, replicas(3));
    ApiServer.Answer shrunk = server.send("PATCH", QUEUES + "/grows", MERGE, replicas(1));

    assertThat(grown.isAccepted()).as(grown.message()).isTrue();
    assertThat(shrunk.code()).isEqualTo(422);
    assertThat(shrunk.message())
        .contains("spec.replicas")
        .contains("not shrink: give 3, or make another QueueCluster with 1");
  }

  private static String queue(String name, String spec) {
    return "{apiVersion: podpool.dev/v1alpha1, kind: QueueCluster, metadata: {name: '%s'}, spec: %s}"
        .formatted(name, spec);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("dev.podpool.crd.GoodManifests#all")
  void aGoodManifestMeansTheSameToTheServerAndToTheReader(GoodManifests.Good good)
      throws Exception {
    ApiServer.Answer answer = tried(good.yaml());

    assertThat(answer.isAccepted()).as(answer.message()).isTrue();
    assertThat(answer.warnings()).isEmpty();
    assertThat(answer.body().get("spec")).isEqualTo(filledIn(good.yaml()).get("spec"));
    assertThat(MAPPER.treeToValue(answer.body().get("spec"), WorkerPoolSpec.class))
        .isEqualTo(Manifests.read(good.yaml(), "pool.yaml").getSpec());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("dev.podpool.crd.GoodManifests#all")
  void whatTheReaderReadIsAcceptedFromAProgramToo(GoodManifests.Good good) throws Exception {
    WorkerPool pool = Manifests.read(good.yaml(), "pool.yaml");

    ApiServer.Answer answer = tried(MAPPER.writeValueAsString(pool));

    assertThat(answer.isAccepted()).as(answer.message()).isTrue();
    assertThat(MAPPER.treeToValue(answer.body(), WorkerPool.class).getSpec())
        .isEqualTo(pool.getSpec());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("dev.podpool.crd.BadManifests#all")
  void aBadManifestIsRefusedByTheServer(BadManifests.Bad bad) throws Exception {
    ApiServer.Answer answer = tried(bad.yaml());

    assertThat(answer.code()).as(answer.body().toString()).isIn(400, 422);
    // It looks for unknown fields first, and says nothing more where it finds one.
    boolean unknown = bad.problems().stream().anyMatch(CrdApiServerTest::isUnknownField);
    for (String problem : bad.problems()) {
      if (isUnknownField(problem)) {
        assertThat(answer.message()).contains("unknown field \"%s\"".formatted(path(problem)));
      } else if (!unknown) {
        assertThat(answer.message()).contains(wordsInCommon(problem));
      }
    }
  }

  @Test
  void aPoolIsScaledThroughItsSubresource() throws Exception {
    create("scaled");
    String scale = POOLS + "/scaled/scale";
    server.send(
        "PATCH",
        POOLS + "/scaled/status",
        MERGE,
        """
        {"status": {"workers": 2, "selector": "podpool.dev/pool=scaled"}}""");

    ApiServer.Answer patched = server.send("PATCH", scale, MERGE, replicas(3));
    ApiServer.Answer tooMany = server.send("PATCH", scale, MERGE, replicas(10_001));

    assertThat(patched.isAccepted()).as(patched.message()).isTrue();
    assertThat(tooMany.code()).isEqualTo(422);
    assertThat(server.get(POOLS + "/scaled", JSON).body().at("/spec/workers").asInt()).isEqualTo(3);
    JsonNode read = server.get(scale, JSON).body();
    assertThat(read.at("/spec/replicas").asInt()).isEqualTo(3);
    assertThat(read.at("/status/replicas").asInt()).isEqualTo(2);
    assertThat(read.at("/status/selector").asText()).isEqualTo("podpool.dev/pool=scaled");
  }

  @Test
  void kubectlGetShowsThePoolsColumns() throws Exception {
    create("shown");
    var ready =
        new Condition(
            "Ready", Condition.Truth.True, 1, "2026-01-01T00:00:00Z", "AllReady", "4 of 4 ready");
    var status = new WorkerPoolStatus(4, 4, "a=b", 7L, 1L, 12L, 1, List.of(ready));
    ApiServer.Answer reported =
        server.send(
            "PATCH",
            POOLS + "/shown/status",
            MERGE,
            "{\"status\": %s}".formatted(MAPPER.writeValueAsString(status)));
    assertThat(reported.isAccepted()).as(reported.message()).isTrue();

    JsonNode table =
        server.get(POOLS + "/shown", "application/json;as=Table;v=v1;g=meta.k8s.io").body();

    assertThat(table.at("/columnDefinitions").findValuesAsText("name"))
        .containsExactly("Name", "Workers", "Ready", "Unfinished", "Dead", "Status", "Age");
    assertThat(table.at("/rows/0/cells"))
        .extracting(JsonNode::asText)
        .startsWith("shown", "1", "4", "7", "1", "4 of 4 ready");
  }

  private static boolean isUnknownField(String problem) {
    return problem.contains(": unknown field; ");
  }

  /** The field of {@code pool.yaml:1:2: spec.field: what is wrong}. */
  private static String path(String problem) {
    return problem.split(": ", 3)[1];
  }

  /** What the server too says of {@code problem}: a rule's message, and else which field it is. */
  private static List<String> wordsInCommon(String problem) {
    String path = path(problem);
    Optional<String> rule = messages(Schema.ofWorkerPool()).filter(problem::endsWith).findAny();
    if (path.equals("apiVersion")) {
      return List.of("does not match the expected API version");
    }
    // A rule at the root may read the name, but cannot call it its field.
    return path.equals("metadata.name") && rule.isPresent()
        ? List.of(rule.get())
        : List.of(path, rule.orElse(""));
  }

  private static Stream<String> messages(Schema schema) {
    Stream<Schema> inner =
        Stream.concat(schema.properties().values().stream(), schema.items().stream());
    return Stream.concat(
        schema.rules().stream().map(Schema.Rule::message),
        inner.flatMap(CrdApiServerTest::messages));
  }

  /**
   * The server's answer to {@code manifest}, which it takes through every check but the last write.
   */
  private static ApiServer.Answer tried(String manifest) throws Exception {
    return server.send("POST", POOLS + STRICTLY + "&dryRun=All", YAML, manifest);
  }

  private static void create(String name) throws Exception {
    ApiServer.Answer created =
        server.send("POST", POOLS + STRICTLY, YAML, GoodManifests.HEAD.replace("index", name));
    assertThat(created.isAccepted()).as(created.message()).isTrue();
  }

  private static String replicas(int count) {
    return "{\"spec\": {\"replicas\": %d}}".formatted(count);
  }

  /**
   * What the reader makes of {@code yaml} before it is typed, written and read as the answer was.
   */
  private static JsonNode filledIn(String yaml) throws Exception {
    YamlDocument document = YamlDocument.parse(yaml, "pool.yaml");
    var validation = new Validation(document);
    validation.check(Schema.ofWorkerPool());
    validation.throwIfAny();
    return MAPPER.readTree(document.root().toString());
  }
}
