package dev.podpool.queue.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Whom a replica takes for another: whoever shows a certificate of one of the authorities in a
 * file, for one of some names. Whoever writes the file anew is heeded from the next connection on;
 * while it can't be used, what it said before holds. Thread-safe.
 */
final class ReplicaTrust extends X509ExtendedTrustManager {

  private static final int DNS_NAME = 2; // GeneralName's tag, RFC 5280

  private final Set<String> names;
  private final PemFile<X509ExtendedTrustManager> trusted;

  /**
   * Of the authorities in {@code file}, in PEM.
   *
   * @param names in DNS, one of which each certificate must be for; empty: any will do, as the
   *     authorities sign for replicas only
   * @throws IOException if the file is missing, or not what it should be
   */
  ReplicaTrust(Path file, Set<String> names) throws IOException {
    this.names = Set.copyOf(names);
    trusted = new PemFile<>(file, false, ReplicaTrust::trusting);
  }

  private static X509ExtendedTrustManager trusting(String pem) throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(null, null);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // it reads nothing
    }
    int number = 0;
    for (X509Certificate each : ReplicaTls.certificates(pem)) {
      store.setCertificateEntry(String.valueOf(number++), each);
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
  }

  /** After a look at the names; the rest is the platform's. */
  private X509ExtendedTrustManager of(X509Certificate[] chain) throws CertificateException {
    if (!names.isEmpty() && !isForOne(chain[0])) {
      throw new CertificateException(
          "it is for " + chain[0].getSubjectAlternativeNames() + ", and for none of " + names);
    }
    return trusted.newest();
  }

  private boolean isForOne(X509Certificate shown) throws CertificateException {
    Collection<List<?>> given = shown.getSubjectAlternativeNames();
    return given != null
        && given.stream()
            .anyMatch(name -> name.get(0).equals(DNS_NAME) && names.contains(name.get(1)));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    of(chain).checkClientTrusted(chain, type, engine);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    of(chain).checkServerTrusted(chain, type, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    of(chain).checkClientTrusted(chain, type, socket);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    of(chain).checkServerTrusted(chain, type, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    of(chain).checkClientTrusted(chain, type);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    of(chain).checkServerTrusted(chain, type);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0]; // each end knows which it shows
  }
}
