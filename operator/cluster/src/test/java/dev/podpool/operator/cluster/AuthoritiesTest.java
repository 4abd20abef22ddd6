package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** When an authority is replaced, and which one signs. */
class AuthoritiesTest {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final Instant DUE =
      START.plus(Authority.VALIDITY.multipliedBy(2).dividedBy(3)).truncatedTo(ChronoUnit.SECONDS);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Authorities first = Authorities.first(START);

  @Test
  void anAuthorityIsReplacedWhenAThirdOfItsTimeIsLeft() {
    assertThat(first.due(START)).isEqualTo(first);
    assertThat(first.due(DUE.minusSeconds(60))).isEqualTo(first);

    Authorities rotated = first.due(DUE.plusSeconds(60));

    assertThat(rotated.newest()).isNotEqualTo(first.newest());
    assertThat(rotated.previous()).isEqualTo(first.newest());
    assertThat(rotated.due(DUE.plusSeconds(120))).isEqualTo(rotated);
  }

  @Test
  void thePreviousIsKeptExactlyWhileItIsValid() {
    Authorities rotated = first.due(DUE);
    Instant end = first.newest().validUntil();

    assertThat(rotated.due(end.minus(SECOND)).previous()).isNotNull();
    assertThat(rotated.due(end)).isEqualTo(new Authorities(rotated.newest(), null));
    assertThat(rotated.due(end).bundle()).isEqualTo(rotated.newest().certificatePem());
  }

  @Test
  void oneThatHasEndedUnseenIsReplacedAndNotKept() {
    Authorities late = first.due(START.plus(Authority.VALIDITY).plus(SECOND));

    assertThat(late.newest()).isNotEqualTo(first.newest());
    assertThat(late.previous()).isNull();
  }

  @Test
  void theNewestSignsTenMinutesAfterItIsPublishedAndTheOneBeforeUntilThen() {
    Authorities rotated = first.due(DUE);
    Instant published = DUE.plusSeconds(30);
    Instant enough = published.plus(Authorities.OVERLAP);

    assertThat(rotated.signer(DUE, null)).isEqualTo(first.newest());
    assertThat(rotated.signer(enough.minus(SECOND), published)).isEqualTo(first.newest());
    assertThat(rotated.signer(enough, published)).isEqualTo(rotated.newest());
    assertThat(rotated.signer(first.newest().validUntil(), null)).isEqualTo(rotated.newest());
    assertThat(first.signer(START, null)).as("the only one").isEqualTo(first.newest());
  }

  @Test
  void theyAreReadAsTheyWereWritten() {
    Authorities rotated = first.due(DUE);

    Authorities read = Authorities.of(rotated.data());

    assertThat(read.data()).isEqualTo(rotated.data());
    assertThat(read.bundle()).isEqualTo(rotated.bundle());
    assertThat(rotated.bundle())
        .isEqualTo(rotated.newest().certificatePem() + first.newest().certificatePem());
    assertThat(Authorities.of(first.data()).previous()).isNull();
  }

  @Test
  void whatIsNoAuthorityIsRefused() {
    assertThatThrownBy(() -> Authorities.of(Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no PEM of a CERTIFICATE");
  }

  @Test
  void whatItSignsIsValidForSevenDaysButNeverForLongerThanItself() throws Exception {
    var key = new Asked().makeKey().getPublic();
    Instant nearItsEnd = first.newest().validUntil().minus(Duration.ofDays(1));

    var usual = CertificateClient.parse(first.newest().sign(key, List.of("a", "b"), START));
    var last = CertificateClient.parse(first.newest().sign(key, List.of("a"), nearItsEnd));

    assertThat(usual.getNotAfter().toInstant()).isEqualTo(START.plus(Duration.ofDays(7)));
    assertThat(usual.getNotBefore().toInstant()).isEqualTo(START.minus(Duration.ofMinutes(5)));
    assertThat(last.getNotAfter().toInstant()).isEqualTo(first.newest().validUntil());
    usual.verify(CertificateClient.parse(first.newest().certificatePem()).getPublicKey());
  }
}
