package dev.podpool.sim;

import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import dev.podpool.session.SessionLogic;

/**
 * A session's connections, one after another, to the replica that it takes for the leader: to the
 * one that says so, mostly, whenever an epoch begins.
 */
final class Link {

  /** As {@code replica} sees it. */
  private record End(Link link, int replica) implements dev.podpool.queue.loop.Link {

    @Override
    public String principal() {
      return link.principal;
    }

    @Override
    public boolean mayResume(OpenSession opened) {
      return opened.getPrincipal().equals(link.principal);
    }

    @Override
    public void answer(Response response) {
      link.answer(replica, response);
    }

    /** The session finds out by the silence. */
    @Override
    public void close(String reason) {}
  }

  private final World world;
  private final Network network;
  private final Replicas replicas;
  private final SessionLogic session;
  private final Party party;
  private final String name;
  private final String principal;
  private int replica;
  private boolean polling;

  /** Of {@code session} in the process {@code party}, on the machine {@code name}. */
  Link(
      World world,
      Network network,
      Replicas replicas,
      SessionLogic session,
      Party party,
      String name,
      String principal) {
    this.world = world;
    this.network = network;
    this.replicas = replicas;
    this.session = session;
    this.party = party;
    this.name = name;
    this.principal = principal;
    poll();
    party.after(world.between(500, 10_000), this::trouble);
  }

  /** The session has something to send, perhaps. */
  void poll() {
    Request request = session.poll(party.nowMillis());
    if (request != null) {
      if (request.getResume()) {
        replica = world.oneIn(4) ? world.upTo(Replicas.COUNT) : replicas.leader(replica);
      }
      int to = replica;
      network.carry(
          name, Replicas.name(to), () -> replicas.receive(to, request, new End(this, to)));
    }
    if (!polling && session.nextPollMillis() < Long.MAX_VALUE) {
      polling = true;
      party.after(
          session.nextPollMillis() - party.nowMillis(),
          () -> {
            polling = false;
            poll();
          });
    }
  }

  private void answer(int from, Response response) {
    network.carry(
        Replicas.name(from),
        name,
        () ->
            party.happen(
                () -> {
                  session.receive(response);
                  poll();
                }));
  }

  private void trouble() {
    if (world.has(Fault.DISCONNECTION)) {
      session.reconnect();
      poll();
    }
    if (world.isFaulty()) {
      party.after(world.between(500, 10_000), this::trouble);
    }
  }
}
