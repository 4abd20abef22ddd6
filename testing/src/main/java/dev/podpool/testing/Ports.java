package dev.podpool.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/** Ports of loopback for servers that must know theirs before they listen, and again later. */
public final class Ports {

  private static final int FIRST = 15_000;
  // From here on systems give ports to connections that are made: also to one that is tried at the
  // very port, while nobody listens there.
  private static final int END = 32_000;

  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

  private Ports() {}

  /** A port that nobody has or was given here, and no connection gets. */
  public static int free() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      if (!GIVEN.add(port)) {
        continue;
      }
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (IOException e) {
        // Somebody has it.
      }
    }
  }
}
