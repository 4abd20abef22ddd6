package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The operator dies with each of its changes in turn: the API server has made it, and nobody is
 * there to hear so. Another takes over.
 */
@OnApiServer
class FaultsApiServerTest {

  /** Loses the answer to the change with that number, and all that come after it. */
  private static final class Death implements Interceptor {

    final CountDownLatch dead = new CountDownLatch(1);
    private final AtomicInteger changesLeft;

    Death(int change) {
      changesLeft = new AtomicInteger(change);
    }

    @Override
    public void after(
        HttpRequest request,
        HttpResponse<?> response,
        AsyncBody.Consumer<List<ByteBuffer>> consumer) {
      if (!request.method().equals("GET") && changesLeft.decrementAndGet() <= 0) {
        dead.countDown();
        throw new IllegalStateException("its operator is dead");
      }
    }
  }

  // Anchor, finalizer, two pods, an Event, status; those of the deletion are the same for each.
  @ParameterizedTest(name = "with change {0}")
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
  void whoeverTakesOverMakesTheSamePool(int change, ApiServer server) throws Exception {
    TestCluster cluster = new TestCluster(server);
    Death death = new Death(change);
    try (KubernetesClient dying = OperatorAccount.client(cluster.client, death)) {
      cluster.createQueue("other");
      cluster.startOperator();
      cluster.awaitQueue("other");
      cluster.stopOperator();
      cluster.operatorClient = dying;
      cluster.startOperator();
      cluster.apply("index", "{daemon: false, workers: 2, queue: other}");
      assertThat(death.dead.await(20, TimeUnit.SECONDS)).isTrue();
      cluster.stopOperator();
      cluster.operatorClient = null;

      cluster.startOperator();

      cluster.awaitPods("index-0", "index-1");
      cluster.run("index-0", 0);
      cluster.run("index-1", 0);
      cluster.awaitMessage("index", "Joined");
      assertThat(cluster.pool("index").getMetadata().getFinalizers()).containsExactly(Names.JOIN);
      Set<String> owners = new TreeSet<>();
      cluster
          .pods()
          .forEach(pod -> owners.add(pod.getMetadata().getOwnerReferences().getFirst().getUid()));
      assertThat(owners).containsExactly(cluster.anchor("index").getMetadata().getUid());
      cluster.deletePool("index");
      await(() -> cluster.pool("index"), pool -> pool == null);
      assertThat(cluster.podNames()).isEmpty();
      assertThat(cluster.anchor("index")).isNull();
    } finally {
      cluster.close();
    }
  }
}
