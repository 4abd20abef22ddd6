package dev.podpool.sim;

import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import dev.podpool.session.SessionLogic;

/**
 * The network between one session and the queue: loses, doubles, delays and reorders, and is cut
 * now and then.
 */
final class Link implements dev.podpool.queue.loop.Link {

  private final World world;
  private final Replicas replicas;
  private final SessionLogic session;
  private final String principal;
  private boolean cut;
  private boolean closed;
  private boolean polling;

  Link(World world, Replicas replicas, SessionLogic session, String principal) {
    this.world = world;
    this.replicas = replicas;
    this.session = session;
    this.principal = principal;
    poll();
    world.after(world.between(200, 4_000), this::trouble);
  }

  /** The session has something to send, perhaps. */
  void poll() {
    if (closed) {
      return;
    }
    Request request = session.poll(world.nowMillis());
    if (request != null) {
      carry(() -> replicas.receive(request, this));
    }
    if (!polling && session.nextPollMillis() < Long.MAX_VALUE) {
      polling = true;
      world.after(
          session.nextPollMillis() - world.nowMillis(),
          () -> {
            polling = false;
            poll();
          });
    }
  }

  @Override
  public String principal() {
    return principal;
  }

  @Override
  public boolean mayResume(OpenSession opened) {
    return opened.getPrincipal().equals(principal());
  }

  @Override
  public void answer(Response response) {
    carry(
        () -> {
          if (!closed) {
            session.receive(response);
            poll();
          }
        });
  }

  /** The session finds out by the silence. */
  @Override
  public void close(String reason) {}

  /** The process at this end is gone. */
  void close() {
    closed = true;
  }

  private void carry(Runnable message) {
    if (cut || world.faultOneIn(30)) {
      return;
    }
    boolean slow = world.faultOneIn(50);
    world.after(slow ? world.between(100, 2_500) : world.between(1, 10), message);
    if (world.faultOneIn(30)) {
      world.after(world.between(1, 1_500), message);
    }
  }

  private void trouble() {
    if (closed || !world.isFaulty()) {
      return;
    }
    if (world.oneIn(2)) {
      session.reconnect();
      poll();
    } else {
      cut = true;
      // Beyond a session's term, now and then.
      int millis = world.oneIn(4) ? world.between(8_000, 20_000) : world.between(50, 3_000);
      world.after(millis, () -> cut = false);
    }
    world.after(world.between(500, 10_000), this::trouble);
  }
}
