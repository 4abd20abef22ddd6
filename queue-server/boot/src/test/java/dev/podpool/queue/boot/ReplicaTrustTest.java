package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.testing.Authority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import javax.net.ssl.X509ExtendedTrustManager;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaTrustTest {

  private static final String OWN = "q-queue-1.q-queue.search.svc";
  private static final String OTHERS = "q-queue-1.q-queue.billing.svc";

  @TempDir private Path home;
  private Path file;
  private Authority authority;

  @BeforeEach
  void write() throws Exception {
    authority = new Authority("queues");
    file = home.resolve("ca.crt");
    Files.writeString(file, authority.pem());
  }

  private static X509Certificate[] shown(Authority by, String... names) throws Exception {
    GeneralName[] all =
        Arrays.stream(names)
            .map(name -> new GeneralName(GeneralName.dNSName, name))
            .toArray(GeneralName[]::new);
    return new X509Certificate[] {by.sign(Authority.pair().getPublic(), all, Duration.ofHours(1))};
  }

  @Test
  void whoeverTheAuthoritySignsForIsTakenForOneOfTheNamesOnly() throws Exception {
    X509ExtendedTrustManager trust = new ReplicaTrust(file, Set.of(OWN, "else"));
    X509Certificate[] own = shown(authority, "q-queue.search.svc", OWN);
    assertThatCode(() -> trust.checkClientTrusted(own, "EC")).doesNotThrowAnyException();
    X509Certificate[] others = shown(authority, "q-queue.search.svc", OTHERS);
    assertThatThrownBy(() -> trust.checkClientTrusted(others, "EC"))
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining(OTHERS)
        .hasMessageContaining("for none of");
    assertThatThrownBy(() -> trust.checkServerTrusted(others, "ECDHE_ECDSA"))
        .isInstanceOf(CertificateException.class);
    X509ExtendedTrustManager any = new ReplicaTrust(file, Set.of());
    assertThatCode(() -> any.checkClientTrusted(others, "EC")).doesNotThrowAnyException();
  }

  @Test
  void whoeverAnotherSignsForIsNot() throws Exception {
    X509ExtendedTrustManager trust = new ReplicaTrust(file, Set.of(OWN));
    X509Certificate[] strange = shown(new Authority("queues"), OWN);
    assertThatThrownBy(() -> trust.checkClientTrusted(strange, "EC"))
        .isInstanceOf(CertificateException.class);
  }

  @Test
  void aFileThatIsWrittenAnewIsHeeded() throws Exception {
    X509ExtendedTrustManager trust = new ReplicaTrust(file, Set.of(OWN));
    Authority next = new Authority("queues");
    X509Certificate[] byNext = shown(next, OWN);
    Files.writeString(file, next.pem());
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(1)));

    assertThatCode(() -> trust.checkClientTrusted(byNext, "EC")).doesNotThrowAnyException();

    Files.writeString(file, "nothing");
    assertThatCode(() -> trust.checkClientTrusted(byNext, "EC"))
        .as("what was there before holds")
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> new ReplicaTrust(file, Set.of(OWN)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file + " can't be used");
    Files.delete(file);
    assertThatCode(() -> trust.checkClientTrusted(byNext, "EC")).doesNotThrowAnyException();
    assertThatThrownBy(() -> new ReplicaTrust(file, Set.of(OWN)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file + " is missing");
    assertThat(file).doesNotExist();
  }

  @Test
  void aFileThatWasReadWhileItWasWrittenIsReadAgainThoughItsTimeIsTheSame() throws Exception {
    Authority next = new Authority("queues");
    X509Certificate[] byNext = shown(next, OWN);
    FileTime half = Files.getLastModifiedTime(file);
    X509ExtendedTrustManager trust = new ReplicaTrust(file, Set.of(OWN));

    Files.writeString(file, authority.pem() + next.pem());
    Files.setLastModifiedTime(file, half);

    assertThatCode(() -> trust.checkClientTrusted(byNext, "EC")).doesNotThrowAnyException();
  }
}
