package dev.podpool.rpc;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Where a queue service listens, what opens it, and how it is known to be the right one.
 *
 * @param host name or address
 * @param port from 1 to 65535
 * @param key proof of identity, sent with every call; never logged
 * @param trust with it, TLS, and nothing without; null for plain text, which only a loopback
 *     address is spoken to in
 */
public record Endpoint(String host, int port, String key, @Nullable Trust trust) {

  /** One on loopback, in plain text. */
  public Endpoint(String host, int port, String key) {
    this(host, port, key, null);
  }

  /**
   * Which certificates are taken.
   *
   * @param authorities certificates in PEM, one or more: who may have signed the service's
   * @param name that the service's certificate must be for, where its address is another's, as with
   *     a forwarded port; null for the host that is dialled
   */
  public record Trust(String authorities, @Nullable String name) {}

  /** Says where the service is now: it may have moved since the last connection. */
  public interface Source {
    /**
     * The endpoint.
     *
     * @throws IOException if it can't be told now; the message is for people
     */
    Endpoint locate() throws IOException;

    /**
     * The endpoint of the replica that leads, which another has said is at {@code leader}.
     *
     * @param leader where clients reach it that are where the service is
     * @throws IOException as above
     */
    default Endpoint locate(HostPort leader) throws IOException {
      return locate().at(leader);
    }

    /**
     * The endpoint, where that which was told last has led to nobody who answers: another
     * replica's, if this source knows of several, as that of a machine that is gone looks well for
     * long.
     *
     * @throws IOException as above
     */
    default Endpoint locateOther() throws IOException {
      return locate();
    }
  }

  /**
   * The same service at another of its replicas' addresses, whose certificate is for the same name.
   */
  Endpoint at(HostPort replica) {
    Trust by = trust == null ? null : new Trust(trust.authorities(), nameOf(trust));
    return new Endpoint(replica.host(), replica.port(), key, by);
  }

  private String nameOf(Trust by) {
    return by.name() == null ? host : by.name();
  }

  /** Whether both are one service, reached in one way, though perhaps with different keys. */
  boolean isSameService(@Nullable Endpoint other) {
    return other != null && equals(new Endpoint(other.host, other.port, key, other.trust));
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
