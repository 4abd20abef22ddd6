package dev.podpool.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.internal.ClusterRoute;
import dev.podpool.internal.RouteException;
import dev.podpool.rpc.Endpoint;
import dev.podpool.rpc.HostPort;
import dev.podpool.testing.FakeApiServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The way to a queue by an API server that only tests have. Nothing is forwarded there. */
@Timeout(60)
class PortForwardRouteTest {

  private static final int MILLIS_MAX = 10_000;

  @TempDir private Path files;
  private FakeApiServer api;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void aQueueThatServes() throws Exception {
    api = new FakeApiServer(files);
    api.person.hasQueue("q", "True", "Serving");
    api.person.hasAccess("q");
    api.person.hasPods("q", "True");
    api.person.accounts.add("podpool-client");
  }

  @AfterEach
  void close() throws Exception {
    api.person.gate.countDown();
    for (AutoCloseable each : open) {
      each.close();
    }
    api.close();
  }

  private PortForwardRoute route(String queue, int millisMax) throws Exception {
    Config config = Config.fromKubeconfig(api.kubeconfig());
    config.setRequestRetryBackoffLimit(0);
    config.setConnectionTimeout(millisMax);
    config.setRequestTimeout(millisMax);
    PortForwardRoute route =
        new PortForwardRoute(
            new KubernetesClientBuilder().withConfig(config).build(),
            "search",
            queue,
            "podpool-client");
    open.add(route);
    return route;
  }

  private PortForwardRoute route() throws Exception {
    return route("q", MILLIS_MAX);
  }

  private static String refused(ThrowingCallable call) {
    List<String> message = new ArrayList<>();
    assertThatThrownBy(call)
        .isInstanceOf(RouteException.class)
        .hasMessageNotContaining("Operation:")
        .hasMessageNotContaining("Failure executing")
        .hasMessageNotContaining("Status(")
        .satisfies(e -> message.add(e.getMessage()));
    return message.get(0);
  }

  @Test
  void theWayIsALocalPortATokenAndWhomToTrust() throws Exception {
    Endpoint found = route().locate();
    assertThat(found.host()).isEqualTo("127.0.0.1");
    assertThat(found.trust())
        .isEqualTo(new Endpoint.Trust(api.operator.pem(), "q-queue.search.svc"));
  }

  @Test
  void aTokenIsUsedForMostOfItsLifeAndThenAnotherIsAskedFor() throws Exception {
    PortForwardRoute route = route();
    String first = route.locate().key();
    assertThat(route.locate().key()).isEqualTo(first);
    assertThat(api.person.tokens).hasValue(1);

    api.person.tokenLife = Duration.ZERO;
    PortForwardRoute other = route();
    int port = other.locate().port();
    assertThat(other.locate().port()).isEqualTo(port);
    assertThat(api.person.tokens).hasValue(3);
  }

  @Test
  void whoLacksARightIsToldAllThatAreNeededAndTheCommandThatGivesThem() throws Exception {
    api.person.forbidden.add("configmaps");
    assertThat(refused(route()::locate))
        .contains("User \"jane\" cannot get resource \"configmaps\"")
        .contains(
            "get configmaps, create serviceaccounts/token, list pods, get pods/portforward, create"
                + " pods/portforward")
        .endsWith(
            "kubectl -n search create rolebinding podpool-jane --clusterrole=edit --user=jane");

    api.person.forbidden.clear();
    api.person.forbidden.add("serviceaccounts/token");
    assertThat(refused(route()::locate)).contains("--clusterrole=edit --user=jane");
  }

  @Test
  void aPortThatMayNotBeForwardedIsSaidWhenNobodyAnswers() throws Exception {
    api.person.forbidden.add("pods/portforward");
    ClusterRoute route = route();
    route.locate();
    assertThat(route.explain(new IOException("UNAVAILABLE")).getMessage())
        .contains("you may not get pods/portforward, create pods/portforward")
        .contains("get configmaps, create serviceaccounts/token");
  }

  @Test
  void aNamespaceWithoutThatQueueSaysWhichThereAre() throws Exception {
    assertThat(refused(route("other", MILLIS_MAX)::locate))
        .contains("there is no queue 'other' in namespace search")
        .contains("there is q, which --queue can name");

    api.person.objects.put(
        "/apis/podpool.dev/v1alpha1/namespaces/search/queueclusters",
        "{\"kind\":\"QueueClusterList\",\"apiVersion\":\"podpool.dev/v1alpha1\",\"items\":[]}");
    assertThat(refused(route("other", MILLIS_MAX)::locate)).contains("nor any other");

    api.person.objects.clear();
    assertThat(refused(route()::locate)).startsWith("Podpool is not installed on the cluster at ");
  }

  @Test
  void aQueueThatDoesNotServeYetIsStarting() throws Exception {
    api.person.hasQueue("q", "False", "Pending: queue pod is not scheduled");
    PortForwardRoute route = route();
    route.locate(); // its address is known before it serves
    assertThat(route.explain(new IOException("UNAVAILABLE")))
        .isInstanceOfSatisfying(
            RouteException.class,
            e -> {
              assertThat(e.isStarting()).isTrue();
              assertThat(e)
                  .hasMessageContaining("does not serve yet (Pending: queue pod is not scheduled)")
                  .hasMessageContaining("kubectl -n search wait --for=condition=Ready");
            });

    api.person.objects.remove("/api/v1/namespaces/search/configmaps/q-queue-access");
    assertThatThrownBy(route()::locate)
        .isInstanceOfSatisfying(RouteException.class, e -> assertThat(e.isStarting()).isTrue());
  }

  @Test
  void aQueueThatHasLostItsDataIsNotWaitedFor() throws Exception {
    api.person.hasQueue("q", "False", "DataLost", "Pending: queue has an empty volume");
    PortForwardRoute route = route();
    route.locate();
    assertThat(route.explain(new IOException("UNAVAILABLE")))
        .isInstanceOfSatisfying(
            RouteException.class,
            e -> {
              assertThat(e.isStarting()).isFalse();
              assertThat(e.problem())
                  .endsWith("has lost its data (Pending: queue has an empty volume)");
              assertThat(e.remedy())
                  .contains("restore a copy", "kubectl -n search describe queueclusters/q");
            });
  }

  @Test
  void anAccountThatIsNotThereIsToldWithHowToMakeIt() throws Exception {
    api.person.accounts.clear();
    assertThat(refused(route()::locate))
        .contains("there is no ServiceAccount 'podpool-client' in namespace search")
        .contains("kubectl -n search create serviceaccount podpool-client");
  }

  @Test
  void anApiServerThatIsAwayIsNamed() throws Exception {
    String server = api.uri().toString();
    PortForwardRoute route = route();
    api.isUp = false;
    assertThat(refused(route::locate))
        .contains("the API server at " + server + " fails with 503 (out of order)");
    PortForwardRoute later = route();
    api.close();
    assertThat(refused(later::locate))
        .contains("the API server at " + server + " can't be reached (nobody listens there");
  }

  @Test
  void anApiServerThatIsSilentIsWaitedForNotForEverAndByNobodyWhoCloses() throws Exception {
    api.person.gate = new CountDownLatch(1);
    PortForwardRoute silent = route("q", 300);
    assertThat(refused(silent::locate)).contains("can't be reached (no answer");

    PortForwardRoute patient = route("q", 600_000);
    CompletableFuture<Void> finds =
        CompletableFuture.runAsync(
            () -> assertThatThrownBy(patient::locate).as("by whoever waits").isNotNull());
    CompletableFuture.runAsync(patient::close).get(20, TimeUnit.SECONDS);
    api.person.gate.countDown();
    finds.get(20, TimeUnit.SECONDS);
  }

  @Test
  void aWalkEndsAtTheStepThatFails() throws Exception {
    assertThat(route().walk())
        .extracting(ClusterRoute.Step::name)
        .containsExactly(
            "API server " + api.uri(),
            "rights in namespace search",
            "queue q is ready",
            "address of the queue",
            "token of ServiceAccount podpool-client",
            "pods of the queue",
            "port forwarded to pod q-queue-0");
    assertThat(route().walk().get(5).failure()).isNull();
    assertThat(route().walk().get(6).failure()).hasMessageContaining("no port is forwarded");

    api.person.forbidden.add("configmaps");
    List<ClusterRoute.Step> steps = route().walk();
    assertThat(steps).hasSize(2);
    assertThat(steps.get(1).failure()).hasMessageContaining("you may not get configmaps");
  }

  // ---- three replicas

  private static final HostPort SECOND = new HostPort("q-queue-1.q-queue.search.svc", 7420);

  /** To which pods the API server was asked to forward, in a try of each of these endpoints. */
  private Set<String> tried(Endpoint... endpoints) throws Exception {
    api.person.forwarded.clear();
    for (Endpoint each : endpoints) {
      try (Socket socket = new Socket(each.host(), each.port())) {
        assertThat(socket.getInputStream().read()).as("nothing is forwarded here").isNegative();
      }
    }
    return Set.copyOf(api.person.forwarded);
  }

  @Test
  void thePodThatLeadsIsForwardedToAndIsTheSameService() throws Exception {
    api.person.hasPods("q", "True", "True", "True");
    PortForwardRoute route = route();
    Endpoint any = route.locate();
    Endpoint leader = route.locate(SECOND);

    assertThat(tried(leader)).containsExactly("q-queue-1");
    assertThat(leader.port()).isNotEqualTo(any.port());
    assertThat(leader.trust()).isEqualTo(any.trust());
    assertThat(route.locate(SECOND)).isEqualTo(leader);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"other-queue-1.q-queue.search.svc", "q-queue-x", "q-queue", "q-queue-1x.evil"})
  void aLeaderThatIsNoPodOfTheQueueIsNotFollowed(String host) throws Exception {
    api.person.hasPods("q", "False", "False", "True");

    assertThat(tried(route().locate(new HostPort(host, 7420)))).containsExactly("q-queue-2");
  }

  @Test
  void whereNobodyIsKnownToLeadAPodThatIsReadyIsCalledForAsLongAsItIs() throws Exception {
    PortForwardRoute route = route();
    api.person.hasPods("q", "False", "True", "True");
    Endpoint second = route.locate();
    assertThat(tried(second)).containsExactly("q-queue-1");

    api.person.hasPods("q", "True", "True", "True");
    assertThat(route.locate()).as("still ready").isEqualTo(second);

    api.person.hasPods("q", "False", "False", "True");
    assertThat(tried(route.locate())).containsExactly("q-queue-2");

    api.person.hasPods("q", "False", "False", "False");
    assertThat(tried(route.locate())).as("none is ready").containsExactly("q-queue-0");
  }

  @Test
  void wherePodsLookReadyAndDoNotAnswerEachIsCalledInItsTurn() throws Exception {
    api.person.hasPods("q", "True", "True", "True");
    PortForwardRoute route = route();
    route.locate(SECOND); // whose node is gone

    assertThat(tried(route.locateOther())).containsExactly("q-queue-2");
    assertThat(tried(route.locate())).as("nobody says that it is silent").contains("q-queue-2");
    assertThat(tried(route.locateOther())).containsExactly("q-queue-0");
    assertThat(tried(route.locateOther())).containsExactly("q-queue-1");

    api.person.hasPods("q", "False", "True", "False");
    assertThat(tried(route.locateOther())).as("no other is").containsExactly("q-queue-1");
  }

  @Test
  void aWalkGoesToThePodThatIsCalledAndNamesIt() throws Exception {
    api.person.hasPods("q", "True", "True", "True");
    PortForwardRoute route = route();
    route.locate(SECOND);

    ClusterRoute.Step last = route.walk().get(6);

    assertThat(last.name()).isEqualTo("port forwarded to pod q-queue-1");
    assertThat(last.failure())
        .hasMessageContaining("no port is forwarded to pod q-queue-1 of namespace search")
        .hasMessageContaining("describe pod/q-queue-1");
  }

  @Test
  void whoMayNotListPodsIsToldSo() throws Exception {
    api.person.forbidden.add("pods");

    assertThat(refused(route()::locate)).contains("list pods, get pods/portforward");
  }
}
