package dev.podpool.examples.tutorial;

import dev.podpool.Podpool;

/**
 * 1. A child says hello.
 *
 * <p>On this machine it appears where the parent prints. On a durable runtime, whose processes are
 * not this program's, {@code podpool jobs} has the process's job, and {@code podpool logs JOB} what
 * it printed; on a cluster {@code kubectl get wproc} has the process, and {@code kubectl logs} of
 * the pod of that name.
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
