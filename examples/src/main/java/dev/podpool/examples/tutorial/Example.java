package dev.podpool.examples.tutorial;

import java.util.List;

/**
 * One example, and what runs it.
 *
 * @param number in the order of the tutorial, from 1
 * @param title what it shows, in a line
 */
public record Example(int number, String title, Program program) {

  /** Its {@code main}. */
  @FunctionalInterface
  public interface Program {
    /** Runs it, and returns when it is over; what it takes is said at {@link Tutorial}. */
    void main(String... arguments) throws Exception;
  }

  /** All of them, by their numbers. */
  public static final List<Example> ALL =
      List.of(
          new Example(1, "A child says hello", SayHello::main),
          new Example(2, "A parent's and a child's number", ProcessIds::main),
          new Example(3, "A parent waits for its child", Join::main),
          new Example(4, "Ten children at once", ManyProcesses::main),
          new Example(5, "A class that is a process", ProcessSubclass::main),
          new Example(6, "Processes share no data", DataIsolation::main),
          new Example(7, "A daemon ends with its parent", Daemon::main),
          new Example(8, "A daemon may not have children", DaemonWithChild::main),
          new Example(9, "Fifty people and five apples: a lock", Apples::main),
          new Example(10, "Twenty things and four places: a semaphore", Grid::main),
          new Example(11, "A traffic light and twenty cars: an event", TrafficLight::main),
          new Example(12, "A queue, full and empty", QueueBasics::main),
          new Example(13, "A queue between two processes", QueueBetweenProcesses::main),
          new Example(14, "Producers and consumers", ProducersConsumers::main),
          new Example(15, "Producers that wait for consumers", JoinableProducersConsumers::main),
          new Example(16, "A pipe, until its end", PipeEndOfFile::main),
          new Example(17, "A pipe, and two that drink from it", PipeConsumers::main),
          new Example(18, "A map between processes", Decrement::main),
          new Example(19, "A hundred processes change one number", DecrementUnderLock::main),
          new Example(20, "A pool maps inputs", PoolMap::main),
          new Example(21, "A pool's calls, one by one and at once", PoolApply::main),
          new Example(22, "A TCP server with a pool behind it", TcpServer::main),
          new Example(23, "What a pool returns", Squares::main),
          new Example(24, "A callback in the parent", Callback::main),
          new Example(25, "Pages fetched by a pool", FetchPages::main));
}
