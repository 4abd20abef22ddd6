package dev.podpool.queue.boot;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * What replicas show to each other, as files of a directory: {@code tls.pem}, a private key (PKCS
 * #8, EC) and its certificates in PEM, and {@code ca.crt}, whose certificates are taken. Whoever
 * writes them anew is heeded from the next connection on. Thread-safe.
 */
final class ReplicaTls {

  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----");
  private static final int KEPT_MAX = 2;

  private final Identity identity;
  private final ReplicaTrust trust;

  /**
   * Of {@code directory}.
   *
   * @throws IOException if a file is missing, or not what it should be, or others can read the key
   */
  ReplicaTls(Path directory) throws IOException {
    identity = new Identity(new PemFile<>(directory.resolve("tls.pem"), true, Shown::of));
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

  private record Shown(PrivateKey key, List<X509Certificate> chain) {

    static Shown of(String pem) throws GeneralSecurityException {
      Matcher key = KEY.matcher(pem);
      if (!key.find()) {
        throw new CertificateException("there is no private key");
      }
      byte[] encoded = Base64.getMimeDecoder().decode(key.group(1));
      return new Shown(
          KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded)),
          certificates(pem.substring(key.end())));
    }
  }

  /** For both ends; a connection keeps what it began with. */
  private static final class Identity extends X509ExtendedKeyManager {

    private final PemFile<Shown> file;
    private final Map<String, Shown> byAlias = new LinkedHashMap<>(); // guarded by this
    private int number; // guarded by this

    Identity(PemFile<Shown> file) {
      this.file = file;
    }

    private synchronized String newest() {
      Shown newest = file.newest();
      if (!newest.equals(byAlias.get(String.valueOf(number)))) {
        byAlias.put(String.valueOf(++number), newest);
        byAlias.keySet().removeIf(alias -> Integer.parseInt(alias) <= number - KEPT_MAX);
      }
      return String.valueOf(number);
    }

    @Override
    public String chooseEngineServerAlias(
        String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
      return newest();
    }

    @Override
    public String chooseEngineClientAlias(
        String[] keyType, Principal @Nullable [] issuers, SSLEngine engine) {
      return newest();
    }

    @Override
    public synchronized @Nullable PrivateKey getPrivateKey(String alias) {
      Shown shown = byAlias.get(alias);
      return shown == null ? null : shown.key();
    }

    @Override
    public synchronized X509Certificate @Nullable [] getCertificateChain(String alias) {
      Shown shown = byAlias.get(alias);
      return shown == null ? null : shown.chain().toArray(X509Certificate[]::new);
    }

    // It has no sockets.

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, Socket socket) {
      return null;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] keyType, Principal @Nullable [] issuers, Socket socket) {
      return null;
    }
  }
}
