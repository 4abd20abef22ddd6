package dev.podpool.rpc;

import org.jspecify.annotations.Nullable;

/**
 * Where something listens, as people and files write it.
 *
 * @param host name or address, without the brackets of an IPv6 address
 * @param port from 1 to 65535
 */
public record HostPort(String host, int port) {

  /** What {@code text} says; null where that is no {@code host:port}. */
  public static @Nullable HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon).replaceAll("^\\[|]$", "");
    String port = text.substring(colon + 1);
    if (host.isEmpty() || !port.matches("[0-9]{1,5}")) {
      return null;
    }
    int number = Integer.parseInt(port);
    return number < 1 || number > 65_535 ? null : new HostPort(host, number);
  }
}
