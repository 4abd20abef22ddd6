package dev.podpool.queue.boot;

import dev.podpool.queue.front.ShownIdentity;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * What replicas show to each other, as files of a directory: {@code tls.pem}, a private key (PKCS
 * #8, EC) and its certificates in PEM, and {@code ca.crt}, whose certificates are taken. Whoever
 * writes them anew is heeded from the next connection on. Thread-safe.
 */
final class ReplicaTls {

  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----");

  private final ShownIdentity identity;
  private final ReplicaTrust trust;

  /**
   * Of {@code directory}.
   *
   * @throws IOException if a file is missing, or not what it should be, or others can read the key
   */
  ReplicaTls(Path directory) throws IOException {
    PemFile<ShownIdentity.Shown> shown =
        new PemFile<>(directory.resolve("tls.pem"), true, ReplicaTls::shown);
    identity = new ShownIdentity(shown::newest);
    trust = new ReplicaTrust(directory.resolve("ca.crt"), Set.of());
  }

  X509ExtendedKeyManager identity() {
    return identity;
  }

  X509ExtendedTrustManager trust() {
    return trust;
  }

  static List<X509Certificate> certificates(String pem) throws GeneralSecurityException {
    List<X509Certificate> found = new ArrayList<>();
    for (var each :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))) {
      found.add((X509Certificate) each);
    }
    if (found.isEmpty()) {
      throw new CertificateException("there is no certificate");
    }
    return found;
  }

  private static ShownIdentity.Shown shown(String pem) throws GeneralSecurityException {
    Matcher key = KEY.matcher(pem);
    if (!key.find()) {
      throw new CertificateException("there is no private key");
    }
    byte[] encoded = Base64.getMimeDecoder().decode(key.group(1));
    return new ShownIdentity.Shown(
        KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded)),
        certificates(pem.substring(key.end())));
  }
}
