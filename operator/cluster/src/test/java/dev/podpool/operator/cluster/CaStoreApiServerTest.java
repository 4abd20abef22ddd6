package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two operators that lead at once, as far as they know: one is between reading and writing. */
@OnApiServer
class CaStoreApiServerTest {

  private KubernetesClient admin;
  private volatile Duration ahead = Duration.ZERO;
  private volatile Runnable beforeItWrites = () -> {};
  private final InstantSource clock = () -> Instant.now().plus(ahead);
  private KubernetesClient overtaken;
  private CaStore slow;
  private CaStore quick;

  private final class BeforeWrites implements Interceptor {
    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
      if (!request.method().equals("GET")) {
        Runnable once = beforeItWrites;
        beforeItWrites = () -> {};
        once.run();
      }
    }
  }

  @BeforeEach
  void start(ApiServer server) {
    admin = server.client();
    OperatorAccount.forgetCa(admin);
    overtaken = OperatorAccount.client(admin, new BeforeWrites());
    slow = new CaStore(new ApiCalls(overtaken), OperatorAccount.NAMESPACE, clock);
    quick =
        new CaStore(new ApiCalls(OperatorAccount.client(admin)), OperatorAccount.NAMESPACE, clock);
  }

  @AfterEach
  void stop() {
    overtaken.close();
    OperatorAccount.forgetCa(admin);
  }

  private Secret stored() {
    return admin.secrets().inNamespace(OperatorAccount.NAMESPACE).withName(CaStore.SECRET).get();
  }

  private void assertAllAgree() {
    assertThat(slow.authorities().data()).isEqualTo(quick.authorities().data());
    assertThat(stored().getData()).isEqualTo(quick.authorities().data());
  }

  @Test
  void whoeverComesSecondTakesTheAuthorityThatIsThere() {
    beforeItWrites = () -> quick.authorities();

    slow.authorities();

    assertAllAgree();
  }

  @Test
  void whoeverComesSecondReplacesNoAuthorityThatWasReplacedAlready() {
    String first = slow.authorities().data().get("tls.crt");
    ahead = Authority.VALIDITY.multipliedBy(2).dividedBy(3).plusHours(1);
    beforeItWrites = () -> quick.authorities();

    slow.authorities();

    assertAllAgree();
    assertThat(stored().getData()).containsEntry("previous.crt", first);
  }

  @Test
  void anAuthorityThatHasEndedIsNoLongerKept() {
    slow.authorities();
    ahead = Authority.VALIDITY.multipliedBy(2).dividedBy(3).plusHours(1);
    slow.authorities();
    assertThat(stored().getData()).containsKeys("previous.crt", "previous.key");

    ahead = Authority.VALIDITY.plusHours(1);
    slow.authorities();

    assertThat(stored().getData()).containsOnlyKeys("tls.crt", "tls.key");
    assertAllAgree();
  }

  @Test
  void oneThatSomebodyDeletesIsWrittenAgainByWhoeverKnowsItAndNotByBoth() {
    slow.authorities();
    quick.authorities();
    String before = stored().getData().get("tls.crt");
    OperatorAccount.forgetCa(admin);
    ahead = Duration.ofMinutes(11);
    beforeItWrites = () -> quick.authorities();

    slow.authorities();

    assertAllAgree();
    assertThat(stored().getData()).containsEntry("tls.crt", before);
  }
}
