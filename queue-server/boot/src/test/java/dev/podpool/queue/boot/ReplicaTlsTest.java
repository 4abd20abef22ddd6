package dev.podpool.queue.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.testing.Authority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import javax.net.ssl.X509ExtendedKeyManager;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicaTlsTest {

  @TempDir private Path directory;
  private Path shown;
  private Authority authority;

  @BeforeEach
  void write() throws Exception {
    authority = new Authority("replicas");
    shown = directory.resolve("tls.pem");
    Files.writeString(directory.resolve("ca.crt"), authority.pem());
    writeNext();
  }

  /** Another key, and its certificate. */
  private X509Certificate writeNext() throws Exception {
    KeyPair pair = Authority.pair();
    X509Certificate certificate =
        authority.sign(
            pair.getPublic(),
            new GeneralName[] {new GeneralName(GeneralName.iPAddress, "127.0.0.1")},
            Duration.ofHours(1));
    Files.writeString(
        shown,
        pem("PRIVATE KEY", pair.getPrivate().getEncoded())
            + pem("CERTIFICATE", certificate.getEncoded()));
    allow("rw-------");
    return certificate;
  }

  private static String pem(String what, byte[] encoded) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(what, Base64.getMimeEncoder().encodeToString(encoded));
  }

  private void allow(String permissions) throws IOException {
    Files.setPosixFilePermissions(shown, PosixFilePermissions.fromString(permissions));
  }

  private static X509Certificate newest(X509ExtendedKeyManager identity) {
    return identity.getCertificateChain(identity.chooseEngineServerAlias("EC", null, null))[0];
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw-r--r--", "rw----r--", "rw--w----"})
  void aKeyThatOthersCanReadIsNotTaken(String permissions) throws Exception {
    allow(permissions);

    assertThatThrownBy(() -> new ReplicaTls(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "key file %1$s is open to others (%2$s): chmod 600 %1$s, and take a new key if anybody may have read it",
            shown, permissions);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tls.pem", "ca.crt"})
  void whatIsTooLargeToBeMeantIsNotRead(String name) throws Exception {
    Files.writeString(
        directory.resolve(name), Files.readString(directory.resolve(name)) + "\n".repeat(1 << 20));

    assertThatThrownBy(() -> new ReplicaTls(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(directory.resolve(name).toString())
        .hasMessageContaining("at most 1048576");
  }

  @Test
  void aKeyThatIsWrittenAnewIsShownOnceItIsWholeAndItsOwnersAlone() throws Exception {
    X509ExtendedKeyManager identity = new ReplicaTls(directory).identity();
    X509Certificate before = newest(identity);

    X509Certificate next = writeNext();
    String whole = Files.readString(shown);
    allow("rw-r--r--");
    assertThat(newest(identity)).as("others can read it").isEqualTo(before);
    allow("rw-------");
    Files.writeString(shown, whole.substring(0, whole.length() / 2));
    assertThat(newest(identity)).as("half of it is there").isEqualTo(before);
    Files.writeString(shown, whole);

    assertThat(newest(identity)).isEqualTo(next);
  }

  @Test
  void aConnectionKeepsTheKeyThatItBeganWith() throws Exception {
    X509ExtendedKeyManager identity = new ReplicaTls(directory).identity();
    String began = identity.chooseEngineClientAlias(new String[] {"EC"}, null, null);
    X509Certificate before = identity.getCertificateChain(began)[0];

    X509Certificate next = writeNext();

    assertThat(newest(identity)).isEqualTo(next);
    assertThat(identity.getCertificateChain(began)[0]).isEqualTo(before);
  }
}
