package dev.podpool.sim;

import static dev.podpool.sim.Contract.require;

import dev.podpool.protocol.PoolStatus;
import dev.podpool.queue.QueueMachine;
import java.util.ArrayList;
import java.util.List;

/**
 * One run: clients, sharers and workers with the real session logic, over a bad network, on three
 * replicas of the real machine. Everything follows from the seed.
 */
public final class Simulation {

  static final String POOL = "simulated";

  private static final long FAULTS_MILLIS = 40_000;
  private static final long END_MILLIS = 1_200_000;

  private final long seed;
  private final World world;
  private final Replicas replicas;
  private final List<SimClient> clients = new ArrayList<>();
  private final Shared shared;
  private final List<SimSharer> sharers = new ArrayList<>();

  /** What a run came to, for those who compare runs. */
  public record Report(long seed, int entries, long simulatedMillis, String stateHash) {}

  private Simulation(long seed) {
    this.seed = seed;
    world = new World(seed);
    Contract contract = new Contract();
    replicas = new Replicas(world, contract);
    for (int count = world.between(1, 5); count > 0; count--) {
      var unused = new SimWorker(world, replicas, contract, "worker-" + count);
    }
    for (int count = world.between(1, 3); count > 0; count--) {
      clients.add(new SimClient(world, replicas, "client-" + count));
    }
    shared = new Shared(world);
    for (int count = world.between(0, 3); count > 0; count--) {
      sharers.add(new SimSharer(world, replicas, shared, "sharer-" + count));
    }
    world.after(FAULTS_MILLIS, world::stopFaults);
  }

  /**
   * Runs {@code seed} to its end. The same seed gives the same report each time.
   *
   * @throws AssertionError if a promise was broken; the message says how to replay the run
   */
  public static Report run(long seed) {
    Simulation simulation = new Simulation(seed);
    try {
      return simulation.run();
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "seed %d failed after %d ms and %d entries: %s%nreplay: mvn -pl sim -am test -Dsim.seed=%d"
              .formatted(
                  seed,
                  simulation.world.nowMillis(),
                  simulation.replicas.entries(),
                  e.getMessage(),
                  seed),
          e);
    }
  }

  private Report run() {
    while (world.isFaulty()
        || !clients.stream().allMatch(SimClient::isDone)
        || !sharers.stream().allMatch(SimSharer::isDone)) {
      require(world.step(), "something is still to happen");
      if (world.nowMillis() > END_MILLIS) {
        throw new AssertionError("broken: everything accepted ends, but " + unfinished());
      }
    }
    shared.check();
    QueueMachine machine = replicas.settled();
    PoolStatus status = machine.status(POOL);
    require(status != null && status.getReady() + status.getLeased() == 0, "nothing is unfinished");
    return new Report(
        seed,
        replicas.entries(),
        world.nowMillis(),
        java.util.HexFormat.of().formatHex(machine.stateHash().toByteArray()));
  }

  private String unfinished() {
    return clients.stream()
            .flatMap(client -> client.jobs().stream())
            .filter(job -> !job.isSeenTo())
            .map(job -> job.submit().getFunctionName())
            .toList()
        + ", "
        + sharers.stream().flatMap(sharer -> sharer.waitingFor().stream()).toList()
        + ", "
        + replicas.settled().status(POOL);
  }
}
