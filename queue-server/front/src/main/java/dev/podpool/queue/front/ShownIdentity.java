package dev.podpool.queue.front;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * What a replica shows in handshakes, to who calls it and to replicas that it calls: always its
 * newest key and certificate. Those under way keep the one that they began with. Thread-safe.
 */
public final class ShownIdentity extends X509ExtendedKeyManager {

  private static final int KEPT_MAX = 2;

  private final Supplier<@Nullable Shown> newest;
  private final Map<String, Shown> byAlias = new LinkedHashMap<>(); // guarded by this
  private int number; // guarded by this

  /**
   * A key and the certificate for it.
   *
   * @param key for elliptic curves
   * @param chain the certificate first
   */
  public record Shown(PrivateKey key, List<X509Certificate> chain) {
    public Shown {
      chain = List.copyOf(chain);
    }
  }

  /**
   * Of whatever {@code newest} gives when a handshake begins.
   *
   * @param newest gives null while there is nothing to show; called with a lock
   */
  public ShownIdentity(Supplier<@Nullable Shown> newest) {
    this.newest = newest;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    return chosen(keyType);
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, SSLEngine engine) {
    return chosen(keyTypes);
  }

  private synchronized @Nullable String chosen(String... keyTypes) {
    Shown now = newest.get();
    if (now == null || !Arrays.asList(keyTypes).contains("EC")) {
      return null;
    }
    if (!now.equals(byAlias.get(String.valueOf(number)))) {
      byAlias.put(String.valueOf(++number), now);
      byAlias.keySet().removeIf(alias -> Integer.parseInt(alias) <= number - KEPT_MAX);
    }
    return String.valueOf(number);
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
