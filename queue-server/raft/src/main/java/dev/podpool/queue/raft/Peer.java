package dev.podpool.queue.raft;

import java.net.InetAddress;

/**
 * One of several replicas.
 *
 * @param name of its place; in the log with some digits after a dot, others with each disk, as who
 *     has lost its disk has forgotten what it had promised
 * @param address where it listens for the others, {@code host:port}
 */
public record Peer(String name, String address) {

  public Peer {
    if (!name.matches("[a-z0-9][a-z0-9.-]{0,99}")) {
      throw new LogException(
          "replica '%s' has no name that can be used: 1 to 100 of a to z, 0 to 9, '.' and '-'"
              .formatted(name));
    }
  }

  /** The host of its address, as certificates have it. */
  String host() {
    String host =
        address.substring(0, Math.max(0, address.lastIndexOf(':'))).replaceAll("^\\[|]$", "");
    try {
      return InetAddress.ofLiteral(host).getHostAddress();
    } catch (IllegalArgumentException e) {
      return host; // a name
    }
  }
}
