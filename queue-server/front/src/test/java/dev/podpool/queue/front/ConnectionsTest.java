package dev.podpool.queue.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.netty.shaded.io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who has to go where connections are too many. */
class ConnectionsTest {

  /** An accepted connection. */
  private static final class Accepted extends EmbeddedChannel {
    private final int port;

    Accepted(int port) {
      this.port = port;
    }

    @Override
    protected SocketAddress remoteAddress0() {
      return address(port);
    }

    boolean goesOn() {
      runPendingTasks();
      return isOpen();
    }
  }

  private static SocketAddress address(int port) {
    return new InetSocketAddress("127.0.0.1", port);
  }

  private final List<Accepted> accepted = new ArrayList<>();

  private Connections with(int connectionsMax, int count) {
    Connections connections = new Connections(connectionsMax);
    EmbeddedChannel listening = new EmbeddedChannel(connections);
    for (int i = 1; i <= count; i++) {
      Accepted next = new Accepted(i);
      accepted.add(next);
      if (i == 3) {
        connections.known(
            Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, address(2)).build());
      }
      listening.writeInbound(next);
    }
    return connections;
  }

  @Test
  void theOldestThatHasShownNoKeyGoesFirstAndWhoHasShownOneStays() {
    Connections connections = with(10_000, Connections.STRANGERS_MAX + 3);

    assertThat(accepted.get(0).goesOn()).isFalse();
    assertThat(accepted.get(1).goesOn()).as("has a key").isTrue();
    assertThat(accepted.get(2).goesOn()).isFalse();
    assertThat(accepted.get(3).goesOn()).isTrue();
    assertThat(accepted.getLast().goesOn()).isTrue();
    assertThat(connections.open()).isEqualTo(Connections.STRANGERS_MAX + 1);
  }

  @Test
  void whereAllAreTakenTheNewOneGoesUntilAnotherEnds() {
    Connections connections = with(3, 4);
    assertThat(accepted.get(3).goesOn()).isFalse();
    assertThat(accepted.get(0).goesOn()).isTrue();

    accepted.get(0).close();
    assertThat(connections.open()).isEqualTo(2);
  }
}
