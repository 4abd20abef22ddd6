package dev.podpool.queue.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.queue.front.Authenticator;
import dev.podpool.queue.front.Caller;
import dev.podpool.queue.front.Right;
import dev.podpool.queue.front.Verdict;
import dev.podpool.testing.FakeApiServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With a clock that is moved. */
@Timeout(60)
class TokenAuthenticatorTest {

  private static final Duration DAY = Duration.ofDays(1);

  private final AtomicLong nanos = new AtomicLong(1);
  private FakeApiServer cluster;
  private ApiServer api;
  private TokenAuthenticator authenticator;

  @BeforeEach
  void start(@TempDir Path files) throws Exception {
    cluster = new FakeApiServer(files);
    api = new ApiServer(new PodAccount(cluster.uri(), cluster.files()));
    authenticator = new TokenAuthenticator(new Reviews(api, "search"), nanos::get);
  }

  @AfterEach
  void stop() {
    api.close();
    cluster.close();
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private Authenticator.Answer answer(String token) {
    return authenticator.authenticate(token).join();
  }

  private Caller known(String token) {
    return ((Authenticator.Known) answer(token)).caller();
  }

  private static Verdict.Kind may(Caller caller, Right right) {
    return caller.may(right).join().kind();
  }

  @Test
  void whatIsRightIsRememberedForAMinuteAndWhatIsNotForTenSeconds() {
    cluster.allow("search:app", "read");
    String token = cluster.token("search:app", DAY);
    assertThat(may(known(token), Right.READ)).isEqualTo(Verdict.Kind.YES);
    assertThat(may(known(token), Right.SUBMIT)).isEqualTo(Verdict.Kind.NO);
    assertThat(answer("wrong")).isInstanceOf(Authenticator.Refused.class);
    pass(Duration.ofSeconds(9));
    assertThat(may(known(token), Right.READ)).isEqualTo(Verdict.Kind.YES);
    assertThat(may(known(token), Right.SUBMIT)).isEqualTo(Verdict.Kind.NO);
    assertThat(answer("wrong")).isInstanceOf(Authenticator.Refused.class);
    assertThat(cluster.tokenReviews).hasValue(2);
    assertThat(cluster.accessReviews).hasValue(2);

    cluster.allow("search:app", "submit");
    pass(Duration.ofSeconds(2));
    assertThat(may(known(token), Right.SUBMIT)).isEqualTo(Verdict.Kind.YES);
    assertThat(answer("wrong")).isInstanceOf(Authenticator.Refused.class);
    assertThat(cluster.tokenReviews).hasValue(3);
    assertThat(may(known(token), Right.READ)).isEqualTo(Verdict.Kind.YES);
    pass(Duration.ofSeconds(50));
    assertThat(may(known(token), Right.READ)).isEqualTo(Verdict.Kind.NO);
    assertThat(cluster.tokenReviews).hasValue(4);
  }

  @Test
  void aTokenThatIsRevokedIsNobodysWhetherACallAsksOrANewOneComes() {
    String token = cluster.token("search:app", DAY);
    Caller caller = known(token);
    cluster.revoke(token);
    assertThat(caller.isKnown().join().kind()).isEqualTo(Verdict.Kind.YES);
    pass(Duration.ofSeconds(61));
    assertThat(caller.isKnown().join().kind()).isEqualTo(Verdict.Kind.NO);
    assertThat(answer(token)).isInstanceOf(Authenticator.Refused.class);
  }

  @Test
  void withoutAnAnswerWhoIsInStaysForTwoHoursAndNobodyNewComesIn() {
    cluster.allow("search:app", "read");
    String token = cluster.token("search:app", DAY);
    Caller caller = known(token);
    assertThat(may(caller, Right.READ)).isEqualTo(Verdict.Kind.YES);
    cluster.isUp = false;
    pass(Duration.ofMinutes(119));
    assertThat(caller.isKnown().join().kind()).isEqualTo(Verdict.Kind.YES);
    assertThat(may(caller, Right.READ)).isEqualTo(Verdict.Kind.YES);
    assertThat(may(caller, Right.CANCEL)).isEqualTo(Verdict.Kind.UNKNOWN);
    assertThat(answer(token)).isInstanceOf(Authenticator.Undecided.class);
    pass(Duration.ofMinutes(1));
    assertThat(caller.isKnown().join().kind()).isEqualTo(Verdict.Kind.UNKNOWN);
    assertThat(may(caller, Right.READ)).isEqualTo(Verdict.Kind.UNKNOWN);

    cluster.isUp = true;
    assertThat(known(token)).isSameAs(caller);
    assertThat(may(caller, Right.READ)).isEqualTo(Verdict.Kind.YES);
  }

  @Test
  void theTokenSaysWhenItExpiresAndItsReviewOfWhichPodItIs() {
    Caller caller =
        known(cluster.token("search:q-queue-worker", Duration.ofHours(1), "p-0", "uid"));
    assertThat(caller.principal()).isEqualTo("system:serviceaccount:search:q-queue-worker");
    assertThat(caller.pod()).isEqualTo(new Caller.Pod("p-0", "uid"));
    assertThat(caller.expiry())
        .isBetween(
            java.time.Instant.now().plusSeconds(3500), java.time.Instant.now().plusSeconds(3601));
    assertThat(answer(cluster.token("search:app", Duration.ofSeconds(-1))))
        .isInstanceOf(Authenticator.Known.class); // the cluster's clock counts, the first time
  }

  @Test
  void aFloodOfWrongTokensIsCutOffAndHoldsUpNobodyWhoIsKnown() {
    String token = cluster.token("search:app", DAY);
    String late = cluster.token("search:late", DAY);
    Caller caller = known(token);
    pass(Duration.ofSeconds(61)); // to be reviewed again, when it comes
    int before = cluster.tokenReviews.get();
    int refused = 0;
    for (int i = 0; i < 2 * TokenAuthenticator.REFUSED_MAX; i++) {
      switch (answer("wrong" + i)) {
        case Authenticator.Refused _ -> refused++;
        case Authenticator.Undecided(String why) -> assertThat(why).startsWith("too many refused");
        case Authenticator.Known _ -> throw new AssertionError("wrong" + i);
      }
    }
    assertThat(refused).isEqualTo(Strangers.REFUSED_MAX);
    assertThat(cluster.tokenReviews).hasValue(before + Strangers.REFUSED_MAX);

    assertThat(known(token)).isSameAs(caller);
    assertThat(answer(late)).isInstanceOf(Authenticator.Undecided.class);
    assertThat(answer("wrong1")).as("remembered").isInstanceOf(Authenticator.Refused.class);
    pass(Duration.ofSeconds(1));
    assertThat(answer(late)).isInstanceOf(Authenticator.Known.class);
  }
}
