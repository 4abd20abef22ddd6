package dev.podpool.queue.boot;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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

  private final Path identityFile;
  private final Identity identity = new Identity();
  private final ReplicaTrust trust;

  /**
   * Of {@code directory}.
   *
   * @throws IOException if a file is missing, or not what it should be
   */
  ReplicaTls(Path directory) throws IOException {
    identityFile = directory.resolve("tls.pem");
    trust = new ReplicaTrust(directory.resolve("ca.crt"), Set.of());
    identity.refresh();
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

  static IOException unusable(Path file, Exception why) {
    return new IOException(
        "%s can't be used (%s): it must hold what replicas know each other by, in PEM"
            .formatted(file, why),
        why);
  }

  private record Shown(PrivateKey key, List<X509Certificate> chain) {}

  /** For both ends; a connection keeps what it began with. */
  private final class Identity extends X509ExtendedKeyManager {

    private final Map<String, Shown> byAlias = new LinkedHashMap<>(); // guarded by this
    private @Nullable FileTime read; // guarded by this
    private int number; // guarded by this

    synchronized void refresh() throws IOException {
      FileTime written = Files.getLastModifiedTime(identityFile);
      if (written.equals(read)) {
        return;
      }
      try {
        String pem = Files.readString(identityFile);
        Matcher key = KEY.matcher(pem);
        if (!key.find()) {
          throw new CertificateException("there is no private key");
        }
        Shown shown =
            new Shown(
                KeyFactory.getInstance("EC")
                    .generatePrivate(
                        new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(key.group(1)))),
                certificates(pem.substring(key.end())));
        byAlias.put(String.valueOf(++number), shown);
        byAlias.keySet().removeIf(alias -> Integer.parseInt(alias) <= number - KEPT_MAX);
        read = written;
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        throw unusable(identityFile, e);
      }
    }

    private synchronized String newest() {
      try {
        refresh();
      } catch (IOException e) {
        System.getLogger(ReplicaTls.class.getName())
            .log(System.Logger.Level.WARNING, "the replica goes on as it was known: {0}", e);
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
