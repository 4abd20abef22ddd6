package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.Base64;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;

/** What is read of a request for a certificate. */
class ServingRequestTest {

  private static ServingRequest read(Asked asked) throws Exception {
    return ServingRequest.read(asked.encoded(asked.makeKey()));
  }

  @Test
  void keyAndNamesAreRead() throws Exception {
    Asked asked =
        new Asked()
            .withNames(
                new GeneralName(GeneralName.dNSName, "a.b"),
                new GeneralName(GeneralName.rfc822Name, "a@b"));
    KeyPair key = asked.makeKey();

    ServingRequest request = ServingRequest.read(asked.encoded(key));

    assertThat(request.key()).isEqualTo(key.getPublic());
    assertThat(request.names()).containsExactly("a.b", "1:a@b");
  }

  @Test
  void onlyP256IsP256() throws Exception {
    assertThat(read(new Asked().withNames("a")).onP256()).isTrue();
    assertThat(read(new Asked().withNames("a").withKey("EC", "secp384r1")).onP256()).isFalse();
    assertThat(read(new Asked().withNames("a").withKey("RSA", "")).onP256()).isFalse();
  }

  @Test
  void whatItsKeyHasNotSignedIsRefused() {
    assertThatThrownBy(() -> read(new Asked().withNames("a").signedByAnother()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not signed by its own key");
  }

  @Test
  void whatIsNoRequestIsRefused() {
    String garbage =
        "-----BEGIN CERTIFICATE REQUEST-----\nMAMCAQE=\n-----END CERTIFICATE REQUEST-----\n";
    for (String text : new String[] {"", "no PEM", garbage}) {
      String encoded = Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
      assertThatThrownBy(() -> ServingRequest.read(encoded))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void onlyAQueuesAccountIsOne() {
    assertThat(QueueAccount.of("system:serviceaccount:n:q-queue"))
        .isEqualTo(new QueueAccount("n", "q"));
    assertThat(QueueAccount.of("system:serviceaccount:n:a-queue-queue"))
        .isEqualTo(new QueueAccount("n", "a-queue"));
    for (String name :
        new String[] {
          "system:serviceaccount:n:q-queue-worker",
          "system:serviceaccount:n:-queue",
          "system:serviceaccount::q-queue",
          "system:serviceaccount:n:m:q-queue",
          "system:serviceaccount:q-queue",
          "q-queue",
          ""
        }) {
      assertThat(QueueAccount.of(name)).as(name).isNull();
    }
  }
}
