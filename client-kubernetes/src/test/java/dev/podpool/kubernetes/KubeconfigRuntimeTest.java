package dev.podpool.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.ClusterOptions;
import dev.podpool.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a kubeconfig says of where to go. Nobody is called. */
@Timeout(60)
class KubeconfigRuntimeTest {

  private static final String TWO_CONTEXTS =
      """
      apiVersion: v1
      kind: Config
      current-context: %s
      clusters: [{name: c, cluster: {server: 'https://192.0.2.1:6443'}}]
      users: [{name: u, user: {token: secret}}]
      contexts:
      - {name: home, context: {cluster: c, user: u}}
      - {name: work, context: {cluster: c, user: u, namespace: team}}
      - {name: lost, context: {cluster: gone, user: u}}
      """;

  @TempDir private Path home;
  private Path file = Path.of("");

  @BeforeEach
  void namedAsTheVariableWould() {
    file = home.resolve("config");
    System.setProperty("kubeconfig", file.toString());
  }

  @AfterEach
  void forget() {
    System.clearProperty("kubeconfig");
  }

  private static String place(ClusterOptions options) {
    try (var route = new KubeconfigRuntime().route(options)) {
      return route.place();
    }
  }

  @Test
  void contextAndNamespaceAreTheKubeconfigsUnlessTheyAreGiven() throws IOException {
    Files.writeString(file, TWO_CONTEXTS.formatted("work"));
    assertThat(place(ClusterOptions.defaults()))
        .isEqualTo("queue default of namespace team, on the cluster at https://192.0.2.1:6443");
    assertThat(place(ClusterOptions.defaults().withContext("home").withQueue("q")))
        .startsWith("queue q of namespace default,");
    assertThat(place(ClusterOptions.defaults().withNamespace("other")))
        .startsWith("queue default of namespace other,");
  }

  @ParameterizedTest(name = "context {0} where {1} is the current one")
  @CsvSource({
    "nope, work, 'has no context ''nope''; it has home, lost, work'",
    "'', '', 'does not say which cluster'",
    "'', nope, 'does not say which cluster'",
    "lost, work, 'names a cluster that is not there'",
  })
  void whatTheKubeconfigHasNotIsRefusedWithWhatItHas(String context, String current, String why)
      throws IOException {
    Files.writeString(file, TWO_CONTEXTS.formatted(current));
    ClusterOptions options = ClusterOptions.defaults();
    assertThatThrownBy(() -> place(context.isEmpty() ? options : options.withContext(context)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(why)
        .hasMessageContaining("home, lost, work")
        .hasMessageNotContaining("secret");
  }

  @Test
  void withoutAKubeconfigNobodyIsCalled() {
    assertThat(new KubeconfigRuntime().knowsClusters(Map.of(), home)).isFalse();
    assertThatThrownBy(() -> place(ClusterOptions.defaults().withNamespace("team")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("there is no kubeconfig (no " + file + "): name one with KUBECONFIG");
  }

  @Test
  void whatIsNoKubeconfigIsSaidInALine() throws IOException {
    Files.writeString(file, "clusters: [");
    assertThatThrownBy(() -> place(ClusterOptions.defaults()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("the kubeconfig " + file + " can't be used (")
        .hasMessageNotContaining("\n");
  }
}
