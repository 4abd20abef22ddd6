package dev.podpool.examples.tutorial;

import dev.podpool.Podpool;

/**
 * 1. A child says hello.
 *
 * <p>What a child prints appears where its parent prints. On a durable runtime or a cluster, whose
 * processes are not this program's, it is in {@code podpool logs}; and on a cluster in {@code
 * kubectl logs} of the pod that {@code kubectl get wproc} names.
 */
public final class SayHello {

  private SayHello() {}

  static void hello(String name) {
    System.out.println("child: hello, " + name);
  }

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      podpool.process(SayHello::hello, "hsr").start();
    } // waits for the child
  }
}
