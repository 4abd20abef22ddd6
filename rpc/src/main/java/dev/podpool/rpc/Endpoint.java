package dev.podpool.rpc;

import java.io.IOException;

/**
 * Where a queue service listens, and what opens it.
 *
 * @param host name or address
 * @param port from 1 to 65535
 * @param key proof of identity, sent with every call; never logged
 */
public record Endpoint(String host, int port, String key) {

  /** Says where the service is now: it may have moved since the last connection. */
  public interface Source {
    /**
     * The endpoint.
     *
     * @throws IOException if it can't be told now; the message is for people
     */
    Endpoint locate() throws IOException;
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
