package dev.podpool.sim;

import static dev.podpool.sim.Contract.require;

import dev.podpool.protocol.PoolStatus;
import dev.podpool.queue.QueueMachine;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * One run: clients, sharers and workers with the real session logic, over a bad network, on three
 * replicas of the real loop and machine with bad disks and clocks. Everything follows from the
 * scenario.
 */
final class Simulation {

  static final String POOL = "simulated";

  private static final long END_MILLIS = 1_200_000;

  private final Scenario scenario;
  private final World world;
  private final Replicas replicas;
  private final List<SimClient> clients = new ArrayList<>();
  private final Shared shared;
  private final List<SimSharer> sharers = new ArrayList<>();

  /** What a run came to, for those who compare runs. */
  record Report(Scenario scenario, int entries, long simulatedMillis, String stateHash) {}

  /** A promise was broken: {@code what} is the same for the same promise. */
  static final class Broken extends AssertionError {

    private static final long serialVersionUID = 1;

    private final transient Scenario scenario;
    private final String what;

    /** Of {@code scenario}, where something was found after {@code progress}. */
    Broken(Scenario scenario, String progress, Throwable cause) {
      super(
          "seed %d failed after %s: %s%nreplay: %s"
              .formatted(scenario.seed(), progress, cause.getMessage(), command(scenario)),
          cause);
      this.scenario = scenario;
      String words = String.valueOf(cause.getMessage()).replace("broken: ", "");
      this.what = words.replaceAll("(?s)[:\n(].*", "");
    }

    Scenario scenario() {
      return scenario;
    }

    String what() {
      return what;
    }
  }

  private Simulation(Scenario scenario) {
    this.scenario = scenario;
    world = new World(scenario);
    Contract contract = new Contract(world);
    Network network = new Network(world);
    replicas = new Replicas(world, network, contract);
    for (int count = scenario.workers(); count > 0; count--) {
      var _ = new SimWorker(world, network, replicas, contract, "worker-" + count);
    }
    for (int count = scenario.clients(); count > 0; count--) {
      clients.add(new SimClient(world, network, replicas, "client-" + count));
    }
    shared = new Shared(world);
    for (int count = scenario.sharers(); count > 0; count--) {
      sharers.add(new SimSharer(world, network, replicas, shared, "sharer-" + count));
    }
    world.after(scenario.faultsMillis(), world::stopFaults);
  }

  /**
   * Runs {@code scenario} to its end. The same scenario gives the same report each time.
   *
   * @throws Broken if a promise was broken; the message says how to replay the run
   */
  static Report run(Scenario scenario) {
    Simulation simulation = new Simulation(scenario);
    try {
      return simulation.run();
    } catch (RuntimeException | AssertionError e) {
      String progress =
          "%d ms and %d entries"
              .formatted(simulation.world.nowMillis(), simulation.replicas.entries());
      throw new Broken(scenario, progress, e);
    }
  }

  /** What replays {@code scenario}: by its seed alone, where that is enough. */
  static String command(Scenario scenario) {
    return "mvn -pl sim -am verify -Dtest=SimulationTest -Dsurefire.failIfNoSpecifiedTests=false "
        + (Scenario.of(scenario.seed()).equals(scenario)
            ? "-Dsim.seed=" + scenario.seed()
            : "-Dsim.scenario=" + scenario);
  }

  private Report run() {
    while (world.isFaulty()
        || !clients.stream().allMatch(SimClient::isDone)
        || !sharers.stream().allMatch(SimSharer::isDone)
        || !replicas.isLevel()) {
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
        scenario,
        replicas.entries(),
        world.nowMillis(),
        HexFormat.of().formatHex(machine.stateHash().toByteArray()));
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
        + replicas;
  }
}
