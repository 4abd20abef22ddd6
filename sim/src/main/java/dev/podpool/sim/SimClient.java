package dev.podpool.sim;

import static dev.podpool.sim.Contract.require;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.AddItems;
import dev.podpool.protocol.CancelJob;
import dev.podpool.protocol.ConfirmResults;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.EndItems;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.JobResults;
import dev.podpool.protocol.JoinPool;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReleaseJob;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.RetryDead;
import dev.podpool.session.SessionHandler;
import dev.podpool.session.SessionLogic;
import java.util.ArrayList;
import java.util.List;

/**
 * A user's program: hands in jobs, follows them to their end, and crashes in between. What it has
 * seen it remembers, as if on disk; what it has sent it does not.
 */
final class SimClient {

  private static final int UNENDED_AT_ONCE = 8;

  private final World world;
  private final Network network;
  private final Replicas replicas;
  private final String name;
  private final List<JobPlan> jobs = new ArrayList<>();
  private Life life;
  private boolean joined;

  SimClient(World world, Network network, Replicas replicas, String name) {
    this.world = world;
    this.network = network;
    this.replicas = replicas;
    this.name = name;
    network.add(name);
    for (int count = world.between(1, world.scenario().jobs()); count > 0; count--) {
      jobs.add(new JobPlan(world, name + "/" + count));
    }
    this.life = new Life();
  }

  /** Every job has ended and has been seen to, and so has the pool. */
  boolean isDone() {
    return joined;
  }

  List<JobPlan> jobs() {
    return jobs;
  }

  private final class Life implements SessionHandler {

    private final Party party = new Party(world);
    private final SessionLogic session;
    private final Link link;
    private boolean gone;

    Life() {
      session =
          new SessionLogic(
              OpenSession.newBuilder().setNonce(ByteString.copyFrom(world.bytes(16))).build(),
              this);
      DefinePool pool =
          DefinePool.newBuilder().setPool(Simulation.POOL).setUid("uid").setMaxAttempts(3).build();
      session.add(Operation.newBuilder().setDefinePool(pool).build());
      link = new Link(world, network, replicas, session, party, name, "client");
      for (JobPlan job : jobs) {
        int soon = job.wasSubmitted() ? 500 : (int) world.scenario().faultsMillis() * 5 / 8;
        party.after(world.upTo(soon), () -> submit(job));
      }
      party.after(world.between(2_000, 30_000), this::trouble);
      joinIfDone();
    }

    private void submit(JobPlan job) {
      if (job.isSeenTo() || gone) {
        return;
      }
      send(Operation.newBuilder().setSubmitJob(job.submit()));
      job.added = job.submit().getInputs().getCount(); // if it is new; else the reply says
      feed(job);
      if (job.mayBeCancelled) {
        party.after(
            world.upTo(5_000),
            () ->
                send(Operation.newBuilder().setCancelJob(CancelJob.newBuilder().setJobId(job.id))));
      }
      if (world.oneIn(3)) {
        send(join(world.between(1, 5_000)));
      }
    }

    private Operation.Builder join(long timeoutMillis) {
      return Operation.newBuilder()
          .setJoinPool(
              JoinPool.newBuilder().setPool(Simulation.POOL).setTimeoutMillis(timeoutMillis));
    }

    private void trouble() {
      if (world.has(Fault.CRASH)) {
        crash();
      }
    }

    private void crash() {
      if (!gone) {
        gone = true;
        party.end();
        world.after(world.between(10, 5_000), () -> life = new Life());
      }
    }

    private void send(Operation.Builder operation) {
      if (!gone) {
        session.add(operation.build());
        link.poll();
      }
    }

    @Override
    public void onDelivery(Delivery delivery) {
      require(delivery.hasJobResults(), "a client is told of results");
      JobResults results = delivery.getJobResults();
      JobPlan job =
          jobs.stream()
              .filter(each -> each.id.equals(results.getJobId()))
              .findFirst()
              .orElseThrow();
      if (job.isSeenTo()) {
        return;
      }
      receive(job, results);
      joinIfDone();
    }

    private void receive(JobPlan job, JobResults results) {
      require(results.getPosition() <= job.position, "results have no gap");
      long position = results.getPosition();
      for (Outcome outcome : results.getOutcomesList()) {
        if (position++ == job.position) {
          job.record(outcome);
          job.position++;
        }
      }
      if (job.isStreamed() || world.oneIn(2)) {
        send(
            Operation.newBuilder()
                .setConfirmResults(
                    ConfirmResults.newBuilder().setJobId(job.id).setPosition(job.position)));
      }
      if (results.getLast() && position == job.position) {
        ended(job);
      } else {
        feed(job);
      }
    }

    private void ended(JobPlan job) {
      if (job.mayBeRetried && job.hasDead()) {
        job.mayBeRetried = false;
        send(Operation.newBuilder().setRetryDead(RetryDead.newBuilder().setJobId(job.id)));
        return;
      }
      job.seeTo();
      if (world.oneIn(2)) {
        send(Operation.newBuilder().setReleaseJob(ReleaseJob.newBuilder().setJobId(job.id)));
      }
    }

    /** Hands in more of a job whose inputs come bit by bit. */
    private void feed(JobPlan job) {
      if (!job.isStreamed() || job.added < 0 || job.isAdded()) {
        return;
      }
      int room = UNENDED_AT_ONCE - (job.added - job.endedItems());
      int most = Math.min(room, job.words.size() - job.added);
      if (most > 0) {
        int count = 1 + world.upTo(most);
        int end = job.added + count;
        send(
            Operation.newBuilder()
                .setAddItems(
                    AddItems.newBuilder()
                        .setJobId(job.id)
                        .setFirst(job.added)
                        .setInputs(Words.of(job.words.subList(job.added, end)))
                        .setComplete(end == job.words.size())));
        job.added = end;
      }
    }

    private void joinIfDone() {
      if (!joined && jobs.stream().allMatch(JobPlan::isSeenTo)) {
        send(join(0));
      }
    }

    @Override
    public void onReply(Operation operation, Reply reply) {
      switch (operation.getKindCase()) {
        case SUBMIT_JOB -> {
          JobPlan job = plan(operation.getSubmitJob().getJobId());
          require(reply.hasJobKnown(), "a job is accepted, or known: " + reply);
          job.added = (int) reply.getJobKnown().getItems();
          if (job.isStreamed() && job.isAdded()) {
            send(Operation.newBuilder().setEndItems(EndItems.newBuilder().setJobId(job.id)));
          }
          feed(job);
        }
        case ADD_ITEMS -> {
          JobPlan job = plan(operation.getAddItems().getJobId());
          if (reply.getRefusal().getCode() == ErrorCode.INVALID_ARGUMENT && job.added >= 0) {
            // What an earlier process of ours has sent came in late: ask how far it is.
            job.added = -1;
            send(Operation.newBuilder().setSubmitJob(job.submit()));
          }
        }
        case JOIN_POOL -> {
          if (operation.getJoinPool().getTimeoutMillis() == 0) {
            require(reply.hasPoolJoined(), "a join without limit ends with its pool's work");
            joined = true;
          }
        }
        default -> {}
      }
    }

    private JobPlan plan(ByteString id) {
      return jobs.stream().filter(job -> job.id.equals(id)).findFirst().orElseThrow();
    }

    @Override
    public void onEnd(Refusal reason) {
      crash();
    }
  }
}
