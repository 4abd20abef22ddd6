package dev.podpool.queue.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.queue.front.ShownIdentity;
import dev.podpool.testing.Authority;
import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handshakes of two replicas, of which each shows what it serves with. */
@Timeout(20)
class HandshakeTest {

  private final Authority operator = new Authority("operator");

  HandshakeTest() throws Exception {}

  private SSLEngine engine(String pod, boolean isClient) throws Exception {
    KeyPair pair = Authority.pair();
    X509Certificate certificate =
        operator.sign(
            pair.getPublic(),
            new GeneralName[] {new GeneralName(GeneralName.dNSName, pod)},
            Duration.ofHours(1));
    ShownIdentity.Shown shown = new ShownIdentity.Shown(pair.getPrivate(), List.of(certificate));
    ShownIdentity identity = new ShownIdentity(() -> shown);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("operator", operator.certificate());
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(new KeyManager[] {identity}, trust.getTrustManagers(), null);
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(isClient);
    engine.setNeedClientAuth(!isClient);
    return engine;
  }

  @Test
  void eachEndOfAConnectionSeesTheOthersCertificate() throws Exception {
    SSLEngine caller = engine("q-queue-0", true);
    SSLEngine called = engine("q-queue-1", false);

    shakeHands(caller, called);

    assertThat(peer(called)).isEqualTo("[2, q-queue-0]");
    assertThat(peer(caller)).isEqualTo("[2, q-queue-1]");
  }

  private static String peer(SSLEngine of) throws Exception {
    return ((X509Certificate) of.getSession().getPeerCertificates()[0])
        .getSubjectAlternativeNames()
        .iterator()
        .next()
        .toString();
  }

  private static void shakeHands(SSLEngine one, SSLEngine other) throws SSLException {
    ByteBuffer there = ByteBuffer.allocate(1 << 16);
    ByteBuffer back = ByteBuffer.allocate(1 << 16);
    one.beginHandshake();
    other.beginHandshake();
    while (isShaking(one) || isShaking(other)) {
      step(one, back, there);
      step(other, there, back);
    }
  }

  private static boolean isShaking(SSLEngine engine) {
    return engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING;
  }

  private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
    ByteBuffer nothing = ByteBuffer.allocate(1 << 16);
    switch (engine.getHandshakeStatus()) {
      case NEED_TASK -> engine.getDelegatedTask().run();
      case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), out);
      default -> {
        in.flip();
        engine.unwrap(in, nothing);
        in.compact();
      }
    }
  }
}
