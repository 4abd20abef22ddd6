package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.internal.RouteException;
import dev.podpool.rpc.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ConnectTest {

  @TempDir private Path home;

  @Test
  void withoutARuntimeItSaysWhatWasTriedAndHowToStartOne() {
    assertThatThrownBy(() -> Podpool.connect(Map.of(), home, ConnectOptions.defaults()))
        .isInstanceOf(PodpoolException.class)
        .hasMessageContaining("PODPOOL_ENDPOINT (not set)")
        .hasMessageContaining(home.resolve(".local/state/podpool").toString())
        .hasMessageContaining("no queue serves from")
        .hasMessageContaining("podpool local up -f pool.yaml");
  }

  @Test
  void theEnvironmentNamesTheEndpointAndItsKey() throws IOException {
    Path key = Files.writeString(home.resolve("key"), "secret\n");
    Map<String, String> environment =
        Map.of("PODPOOL_ENDPOINT", "127.0.0.1:4711", "PODPOOL_KEY_FILE", key.toString());
    assertThat(RuntimeSearch.of(environment, home).source().locate())
        .isEqualTo(new Endpoint("127.0.0.1", 4711, "secret"));
    assertThat(
            RuntimeSearch.of(
                    Map.of("PODPOOL_ENDPOINT", "[::1]:4711", "PODPOOL_KEY_FILE", key.toString()),
                    home)
                .source()
                .locate()
                .host())
        .isEqualTo("::1");
  }

  @Test
  void theKubeconfigsClusterComesLastAndNotWhereARuntimeRuns() throws IOException {
    Map<String, String> environment = Map.of("PODPOOL_TEST_CLUSTERS", "yes");
    RuntimeSearch found = RuntimeSearch.of(environment, home);
    assertThat(found.source().locate()).isEqualTo(new Endpoint("127.0.0.1", 1, "of a cluster"));
    assertThat(found.place())
        .contains("the runtime directory " + home.resolve(".local/state/podpool"))
        .endsWith("queue default of namespace null");
    assertThat(found.remedy()).contains("podpool local up", "kubectl get queueclusters");

    Path endpoint = home.resolve(".local/state/podpool/queue/endpoint");
    Files.createDirectories(endpoint.getParent());
    Files.writeString(endpoint, "127.0.0.1 4711\n");
    Files.writeString(home.resolve(".local/state/podpool/key"), "secret");
    assertThat(RuntimeSearch.of(environment, home).source().locate())
        .isEqualTo(new Endpoint("127.0.0.1", 4711, "secret"));
  }

  @Test
  void aClusterThatIsAskedForIsTheOnlyPlaceAndItsWayIsLetGo() {
    FakeClusterRuntime.closed = 0;
    ConnectOptions options =
        ConnectOptions.defaults()
            .toCluster(ClusterOptions.defaults().withNamespace("team").withQueue("q"));
    assertThatThrownBy(() -> Podpool.connect(Map.of("PODPOOL_ENDPOINT", "[::1]:1"), home, options))
        .isInstanceOf(UnreachableException.class)
        .hasMessageContaining("queue q of namespace team")
        .hasMessageNotContaining("PODPOOL_ENDPOINT");
    assertThat(FakeClusterRuntime.closed).isEqualTo(1);
  }

  @Test
  void aQueueThatStartsIsWaitedForAndWhatFailsThenIsAllThatIsSaid() {
    FakeClusterRuntime.explanations.addAll(
        List.of(
            RouteException.starting("queue q does not serve yet", "Wait"),
            new RouteException("you lack rights", "Ask", null)));
    List<String> told = new ArrayList<>();
    ConnectOptions options =
        ConnectOptions.defaults().toCluster(ClusterOptions.defaults()).whenStarting(told::add);
    assertThatThrownBy(() -> Podpool.connect(Map.of(), home, options))
        .isInstanceOf(UnreachableException.class)
        .hasMessage("you lack rights. Ask");
    assertThat(told).containsExactly("queue q does not serve yet");
    assertThat(FakeClusterRuntime.explanations).isEmpty();
  }

  @Test
  void aPodsAccessDirectoryComesAfterTheEndpointAndBeforeTheUsersRuntime() throws IOException {
    Path mounted = Files.createDirectory(home.resolve("mounted"));
    assertThat(RuntimeSearch.of(Map.of(), home, mounted).place())
        .contains("the access directory " + mounted, "no endpoint in it")
        .contains("the runtime directory " + home.resolve(".local/state/podpool"));

    Files.writeString(mounted.resolve("endpoint"), "q-queue.search.svc:7420\n");
    Files.writeString(mounted.resolve("token"), "t1\n");
    Files.writeString(mounted.resolve("ca.crt"), "PEM\n");
    RuntimeSearch inPod = RuntimeSearch.of(Map.of(), home, mounted);
    assertThat(inPod.source().locate())
        .isEqualTo(new Endpoint("q-queue.search.svc", 7420, "t1", new Endpoint.Trust("PEM", null)));
    assertThat(inPod.place()).contains("the access directory " + mounted);
    assertThat(inPod.remedy()).contains("kubectl get queueclusters");

    Path named = home.resolve("named");
    RuntimeSearch byName =
        RuntimeSearch.of(Map.of("PODPOOL_ACCESS", named.toString()), home, mounted);
    assertThat(byName.place()).contains("PODPOOL_ACCESS=" + named);
    assertThatThrownBy(() -> byName.source().locate())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(named.resolve("endpoint").toString());

    Path key = Files.writeString(home.resolve("key"), "secret\n");
    assertThat(
            RuntimeSearch.of(
                    Map.of(
                        "PODPOOL_ENDPOINT",
                        "127.0.0.1:1",
                        "PODPOOL_KEY_FILE",
                        key.toString(),
                        "PODPOOL_ACCESS",
                        named.toString()),
                    home,
                    mounted)
                .source()
                .locate()
                .port())
        .isEqualTo(1);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "192.0.2.1:4711, /key, 'not on this machine: the connection is not encrypted'",
    "127.0.0.1, /key, 'give host:port'",
    "127.0.0.1:99999, /key, 'give host:port'",
    "127.0.0.1:4711, '', 'PODPOOL_KEY_FILE is not'",
    "nowhere.invalid:4711, /key, 'there is no host of that name'",
  })
  void anEndpointThatCannotBeUsedIsRefused(String endpoint, String key, String why) {
    Map<String, String> environment = Map.of("PODPOOL_ENDPOINT", endpoint, "PODPOOL_KEY_FILE", key);
    assertThatThrownBy(() -> RuntimeSearch.of(environment, home))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(why);
  }
}
