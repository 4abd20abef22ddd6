package dev.podpool.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.net.URI;
import java.util.List;

/**
 * A kube-apiserver and an etcd of one test class, from the programs in {@code KUBE_API_TEST_DIR}.
 *
 * <p>Requests are sent as given, byte for byte: a client that read them into types of its own would
 * hide what the server thinks of them.
 */
final class ApiServer implements AutoCloseable {
  static final String POOLS = "/apis/podpool.dev/v1alpha1/namespaces/default/workerpools";
  static final String YAML = "application/yaml";
  static final String MERGE = "application/merge-patch+json";
  static final String APPLY = "application/apply-patch+yaml";

  /** {@code warnings} are those that kubectl prints. */
  record Answer(int code, JsonNode body, List<String> warnings) {
    boolean isAccepted() {
      return code / 100 == 2;
    }

    String message() {
      return body.path("message").asText();
    }
  }

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

  KubernetesClient client() {
    return client;
  }

  Answer get(String path, String accept) throws Exception {
    return send("GET", path, accept, "", "");
  }

  Answer send(String method, String path, String contentType, String body) throws Exception {
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

  @Override
  public void close() {
    client.close();
    server.stop();
  }
}
