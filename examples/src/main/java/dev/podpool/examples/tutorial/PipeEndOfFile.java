package dev.podpool.examples.tutorial;

import dev.podpool.Connection;
import dev.podpool.Pipe;
import dev.podpool.Podpool;
import java.io.EOFException;

/**
 * 16. A pipe: when nobody holds the end that sends, the other gets what was sent, and then its end.
 *
 * <p>A child holds the ends that it was given, and no more: it has none of its parent's to close.
 */
public final class PipeEndOfFile {

  private PipeEndOfFile() {}

  static void receive(Connection<String> connection) throws Exception {
    try (connection) {
      while (true) {
        System.out.println(connection.recv());
      }
    } catch (EOFException e) {
      System.out.println("the end");
    }
  }

  /** How often it says hi. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int times = tutorial.number("times", 20);
    try (Podpool podpool = tutorial.podpool()) {
      Pipe<String> pipe = podpool.pipe(String.class);
      podpool.process(PipeEndOfFile::receive, pipe.first()).start();
      pipe.first().close(); // the child's from here on
      for (int i = 0; i < times; i++) {
        pipe.second().send("hi");
      }
      pipe.second().close();
    }
  }
}
