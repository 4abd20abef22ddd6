package dev.podpool.queue.front;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bounds connections before anything is spent on them: all, by the files that this process may have
 * open; and those that nobody has shown a key on. Where there is one too many of the latter, the
 * oldest is closed: who has a key shows it at once, so a flood of silent ones locks nobody out.
 */
final class Connections extends ChannelInboundHandlerAdapter {

  static final int STRANGERS_MAX = 1_000;

  private static final System.Logger LOG = System.getLogger(Connections.class.getName());
  private static final long COMPLAINT_NANOS = 60_000_000_000L;

  private final int connectionsMax;
  private final Map<SocketAddress, Channel> all = new HashMap<>(); // guarded by this
  // Of these; oldest first.
  private final Map<SocketAddress, Channel> strangers = new LinkedHashMap<>(); // guarded by this
  private long complainedNanos = System.nanoTime() - COMPLAINT_NANOS; // guarded by this

  Connections(int connectionsMax) {
    this.connectionsMax = connectionsMax;
  }

  /** Of the listening socket: {@code accepted} is a connection, which goes on if it may. */
  @Override
  public void channelRead(ChannelHandlerContext context, Object accepted) {
    Channel channel = (Channel) accepted;
    if (add(channel)) {
      var _ = channel.closeFuture().addListener(closed -> remove(channel));
      context.fireChannelRead(accepted);
    } else {
      channel.unsafe().closeForcibly();
    }
  }

  private synchronized boolean add(Channel channel) {
    if (all.size() >= connectionsMax) {
      complain();
      return false;
    }
    all.put(channel.remoteAddress(), channel);
    strangers.put(channel.remoteAddress(), channel);
    if (strangers.size() > STRANGERS_MAX) {
      Iterator<Channel> oldest = strangers.values().iterator();
      close(oldest.next());
      oldest.remove();
    }
    return true;
  }

  private void complain() {
    long now = System.nanoTime();
    if (now - complainedNanos >= COMPLAINT_NANOS) {
      complainedNanos = now;
      LOG.log(
          System.Logger.Level.WARNING,
          "connections are refused: "
              + connectionsMax
              + " are open, the limit; close some, or raise the limit of open files (ulimit -n)");
    }
  }

  private synchronized void remove(Channel channel) {
    all.remove(channel.remoteAddress(), channel);
    strangers.remove(channel.remoteAddress(), channel);
  }

  /** A call with a right key has come over the connection of {@code call}. */
  synchronized void known(Attributes call) {
    strangers.remove(call.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
  }

  /** Without asking its handlers, who would first see to what is under way. */
  private static void close(Channel channel) {
    channel.eventLoop().execute(() -> channel.unsafe().close(channel.unsafe().voidPromise()));
  }

  /** Ends the connection of {@code call} at once, with all that waits on it. */
  synchronized void close(Attributes call) {
    Channel channel = all.get(call.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
    if (channel != null) {
      close(channel);
    }
  }

  /** How many there are. */
  synchronized int open() {
    return all.size();
  }
}
