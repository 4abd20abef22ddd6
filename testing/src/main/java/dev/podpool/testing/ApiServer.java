package dev.podpool.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A kube-apiserver and an etcd, from the programs in {@code KUBE_API_TEST_DIR}. No controller, no
 * garbage collector and no scheduler run there.
 *
 * <p>Requests are sent as given, byte for byte: a client that read them into types of its own would
 * hide what the server thinks of them.
 */
public final class ApiServer implements AutoCloseable {
  public static final String YAML = "application/yaml";
  public static final String MERGE = "application/merge-patch+json";
  public static final String APPLY = "application/apply-patch+yaml";

  /** {@code warnings} are those that kubectl prints. */
  public record Answer(int code, JsonNode body, List<String> warnings) {
    public boolean isAccepted() {
      return code / 100 == 2;
    }

    public String message() {
      return body.path("message").asText();
    }
  }

  private static final String DEFINITIONS =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/";
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private final KubeAPIServer server;
  private final KubernetesClient client;

  private ApiServer(KubeAPIServer server, KubernetesClient client) {
    this.server = server;
    this.client = client;
  }

  /** Blocks until it is ready. */
  static ApiServer start() {
    // Its Boolean settings cannot come from the environment: kube-api-test casts their text.
    var server =
        new KubeAPIServer(
            KubeAPIServerConfigBuilder.anAPIServerConfig()
                .withOfflineMode(true)
                .withUpdateKubeConfig(false)
                .build());
    server.start();
    Config config = Config.fromKubeconfig(server.getKubeConfigYaml());
    return new ApiServer(server, new KubernetesClientBuilder().withConfig(config).build());
  }

  /** Who may do everything. Not the caller's to close. */
  public KubernetesClient client() {
    return client;
  }

  /** What a program needs to be that client. */
  public String kubeconfig() {
    return server.getKubeConfigYaml();
  }

  public Answer get(String path, String accept) throws Exception {
    return send("GET", path, accept, "", "");
  }

  public Answer send(String method, String path, String contentType, String body) throws Exception {
    return send(method, path, "application/json", contentType, body);
  }

  private Answer send(String method, String path, String accept, String contentType, String body)
      throws Exception {
    var http = client.getHttpClient();
    var request =
        http.newHttpRequestBuilder()
            .uri(URI.create(client.getMasterUrl().toString()).resolve(path))
            .header("Accept", accept);
    if (!method.equals("GET")) {
      request.method(method, contentType, body);
    }
    var response = http.sendAsync(request.build(), String.class).get();
    return new Answer(
        response.code(), MAPPER.readTree(response.body()), response.headers("Warning"));
  }

  /**
   * Has the server know the custom resource definition {@code yaml}, whose name that is. Blocks
   * until it serves it.
   *
   * @return what it thinks of it
   */
  public Answer define(String name, String yaml) throws Exception {
    Answer applied =
        send(
            "PATCH", DEFINITIONS + name + "?fieldManager=test&fieldValidation=Strict", APPLY, yaml);
    if (applied.isAccepted()) {
      client
          .apiextensions()
          .v1()
          .customResourceDefinitions()
          .withName(name)
          .waitUntilCondition(ApiServer::isEstablished, 30, TimeUnit.SECONDS);
    }
    return applied;
  }

  private static boolean isEstablished(@Nullable CustomResourceDefinition definition) {
    return definition != null
        && definition.getStatus() != null
        && definition.getStatus().getConditions() != null
        && definition.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }

  @Override
  public void close() {
    client.close();
    server.stop();
  }
}
