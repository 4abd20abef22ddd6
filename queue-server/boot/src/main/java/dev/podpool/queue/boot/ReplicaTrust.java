package dev.podpool.queue.boot;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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
import org.jspecify.annotations.Nullable;

/**
 * Whom a replica takes for another: whoever shows a certificate of one of the authorities in a
 * file, for one of some names. Whoever writes the file anew is heeded from the next connection on.
 * Thread-safe.
 */
final class ReplicaTrust extends X509ExtendedTrustManager {

  private static final int DNS_NAME = 2; // GeneralName's tag, RFC 5280

  private final Path file;
  private final Set<String> names;
  private @Nullable FileTime read; // guarded by this
  private @Nullable X509ExtendedTrustManager newest; // guarded by this

  /**
   * Of the authorities in {@code file}, in PEM.
   *
   * @param names in DNS, one of which each certificate must be for; empty: any will do, as the
   *     authorities sign for replicas only
   * @throws IOException if the file is missing, or not what it should be
   */
  ReplicaTrust(Path file, Set<String> names) throws IOException {
    this.file = file;
    this.names = Set.copyOf(names);
    newest();
  }

  private synchronized X509ExtendedTrustManager newest() throws IOException {
    FileTime written = Files.getLastModifiedTime(file);
    if (newest != null && written.equals(read)) {
      return newest;
    }
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      int number = 0;
      for (X509Certificate each : ReplicaTls.certificates(Files.readString(file))) {
        store.setCertificateEntry(String.valueOf(number++), each);
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store);
      newest = (X509ExtendedTrustManager) factory.getTrustManagers()[0];
      read = written;
      return newest;
    } catch (GeneralSecurityException e) {
      throw ReplicaTls.unusable(file, e);
    }
  }

  /** After a look at the names; the rest is the platform's. */
  private X509ExtendedTrustManager of(X509Certificate[] chain) throws CertificateException {
    if (!names.isEmpty() && !isForOne(chain[0])) {
      throw new CertificateException(
          "it is for " + chain[0].getSubjectAlternativeNames() + ", and for none of " + names);
    }
    try {
      return newest();
    } catch (IOException e) {
      throw new CertificateException(e.getMessage(), e);
    }
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
