package dev.podpool.queue.kubernetes;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * What the queue shows in handshakes, to who calls it and to replicas that it calls: always its
 * newest certificate. Those under way keep the one that they began with. Thread-safe.
 */
final class ServingIdentity extends X509ExtendedKeyManager {

  private static final int KEPT_MAX = 2;

  private final Map<String, Serving> byAlias = new LinkedHashMap<>(); // guarded by this
  private @Nullable Serving newest; // guarded by this
  private int number; // guarded by this

  synchronized void set(Serving serving) {
    newest = serving;
    byAlias.put(String.valueOf(++number), serving);
    byAlias.keySet().removeIf(alias -> Integer.parseInt(alias) <= number - KEPT_MAX);
  }

  synchronized @Nullable Serving newest() {
    return newest;
  }

  @Override
  public synchronized @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    return chosen(keyType);
  }

  @Override
  public synchronized @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, SSLEngine engine) {
    return chosen(keyTypes);
  }

  private @Nullable String chosen(String... keyTypes) {
    return newest != null && Arrays.asList(keyTypes).contains("EC") ? String.valueOf(number) : null;
  }

  @Override
  public synchronized @Nullable PrivateKey getPrivateKey(String alias) {
    Serving serving = byAlias.get(alias);
    return serving == null ? null : serving.key();
  }

  @Override
  public synchronized X509Certificate @Nullable [] getCertificateChain(String alias) {
    Serving serving = byAlias.get(alias);
    return serving == null ? null : serving.chain().toArray(X509Certificate[]::new);
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
