package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.podpool.queue.raft.Peer;
import dev.podpool.testing.Authority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaPodsTest {

  @TempDir private Path home;

  private static X509ExtendedKeyManager identity() throws Exception {
    KeyStore empty = KeyStore.getInstance("PKCS12");
    empty.load(null, null);
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(empty, new char[0]);
    return (X509ExtendedKeyManager) factory.getKeyManagers()[0];
  }

  @Test
  void podsOfAStatefulSetAreReplicasWithItsNames() throws Exception {
    Path ca = Files.writeString(home.resolve("ca.crt"), new Authority("queues").pem());
    QueueServer.Replicas three =
        ReplicaPods.of("q", "search", "q-queue-2", 7420, 3, ca, identity());
    assertThat(three.self()).isEqualTo("queue-2");
    assertThat(three.all())
        .contains(new Peer("queue-0", "q-queue-0.q-queue.search.svc:7422"))
        .hasSize(3);
    assertThat(three.addresses())
        .contains(entry("queue-2", "q-queue-2.q-queue.search.svc:7420"))
        .hasSize(3);
    assertThat(three.network().listen().getPort()).isEqualTo(7422);
  }

  @Test
  void theOnlyOneNeedsNobodyAndHasAnAddressForThoseThatMayCome() throws Exception {
    QueueServer.Replicas one =
        ReplicaPods.of("q", "search", "q-queue-0", 7420, 1, null, identity());
    assertThat(one.network()).isNull();
    assertThat(one.all()).containsExactly(new Peer("queue-0", "q-queue-0.q-queue.search.svc:7422"));
  }

  @Test
  void whatDoesNotFitIsNamed() throws Exception {
    for (String pod : new String[] {"", "q-queue-3", "q-queue-01", "other-queue-0"}) {
      assertThatThrownBy(() -> ReplicaPods.of("q", "search", pod, 7420, 3, home, identity()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("POD_NAME is " + pod)
          .hasMessageContaining("q-queue-0 to q-queue-2");
    }
    assertThatThrownBy(() -> ReplicaPods.of("q", "search", "q-queue-0", 7420, 3, null, identity()))
        .hasMessageContaining("--replica-ca");
    assertThatThrownBy(() -> ReplicaPods.of("q", "search", "q-queue-0", 7420, 2, home, identity()))
        .hasMessageContaining("--replicas=2")
        .hasMessageContaining("1 or 3");
  }
}
