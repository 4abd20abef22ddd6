package dev.podpool.queue.raft;

import dev.podpool.protocol.ReplicaMember;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

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

  /** As {@link #message} has written it. */
  static Peer of(ReplicaMember message) {
    return new Peer(message.getName(), message.getAddress());
  }

  ReplicaMember message() {
    return ReplicaMember.newBuilder().setName(name).setAddress(address).build();
  }

  /** As {@link #all} reads it. */
  static String text(List<Peer> peers) {
    return peers.stream()
        .map(each -> each.name() + "=" + each.address())
        .collect(Collectors.joining(","));
  }

  /**
   * What {@link #text} has written.
   *
   * @throws IllegalArgumentException if it was something else
   */
  static List<Peer> all(String text) {
    List<Peer> peers = new ArrayList<>();
    if (text.isEmpty()) {
      return peers;
    }
    for (String each : text.split(",", -1)) {
      String[] parts = each.split("=", -1);
      if (parts.length != 2) {
        throw new IllegalArgumentException("'" + each + "' is no replica");
      }
      peers.add(new Peer(parts[0], parts[1]));
    }
    return peers;
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
