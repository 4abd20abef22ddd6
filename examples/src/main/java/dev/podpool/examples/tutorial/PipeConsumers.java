package dev.podpool.examples.tutorial;

import dev.podpool.Connection;
import dev.podpool.Pipe;
import dev.podpool.Podpool;
import dev.podpool.SharedLock;
import java.io.EOFException;
import java.util.concurrent.ThreadLocalRandom;

/**
 * 17. A pipe with one that makes and two that drink, one at a time under a lock.
 *
 * <p>The lock is the tutorial's: two that receive from one end of Python's pipe spoil each other's
 * messages. Here each message goes to one of them whole, with or without it.
 */
public final class PipeConsumers {

  private PipeConsumers() {}

  static void make(String name, String goods, Connection<String> to) throws Exception {
    for (int i = 0; i < 8; i++) {
      Thread.sleep(ThreadLocalRandom.current().nextInt(20, 60));
      System.out.println(name + " makes " + goods + " " + i);
      to.send(goods + " " + i);
    }
    to.close();
  }

  static void drink(String name, Connection<String> from, SharedLock lock) throws Exception {
    try (from) {
      while (true) {
        System.out.println(name + " drinks " + next(from, lock));
        Thread.sleep(ThreadLocalRandom.current().nextInt(20));
      }
    } catch (EOFException e) {
      System.out.println(name + " finds no more");
    }
  }

  private static String next(Connection<String> from, SharedLock lock) throws Exception {
    lock.lock();
    try {
      return from.recv();
    } finally {
      lock.unlock(); // at the end of the pipe, too
    }
  }

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      Pipe<String> pipe = podpool.pipe(String.class, false); // the first end only receives
      SharedLock lock = podpool.lock();
      podpool.process(PipeConsumers::make, "HSR", "milk", pipe.second()).start();
      podpool.process(PipeConsumers::drink, "TTT", pipe.first(), lock).start();
      podpool.process(PipeConsumers::drink, "TTT2", pipe.first(), lock).start();
      pipe.first().close();
      pipe.second().close();
    }
  }
}
