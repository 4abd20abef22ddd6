package dev.podpool.program;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Addresses to listen on, as a program's options write them: {@code [ADDRESS:]PORT}. */
public final class ListenAddress {

  private static final int PORT_MAX = 65_535;

  private ListenAddress() {}

  /**
   * The address that {@code text} names. Without one of its own, a port is on loopback.
   *
   * @param option how the error names where {@code text} was given, such as {@code --monitor}
   * @throws IllegalArgumentException if there is no such port; the message has the remedy
   * @throws UnknownHostException if there is no such address
   */
  public static InetSocketAddress parse(String option, String text) throws UnknownHostException {
    int colon = text.lastIndexOf(':');
    InetAddress host =
        colon < 0
            ? InetAddress.getLoopbackAddress()
            : InetAddress.getByName(text.substring(0, colon));
    try {
      return of(host, Integer.parseInt(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s %s has no port: give PORT, or ADDRESS:PORT".formatted(option, text), e);
    }
  }

  /**
   * {@code port} of {@code host}.
   *
   * @throws IllegalArgumentException if there is no such port; the message has the remedy
   */
  public static InetSocketAddress of(InetAddress host, int port) {
    if (port < 0 || port > PORT_MAX) {
      throw new IllegalArgumentException(
          "port %d: give one from 1 to %d, or 0 for any that is free".formatted(port, PORT_MAX));
    }
    return new InetSocketAddress(host, port);
  }
}
