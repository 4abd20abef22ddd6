package dev.podpool.examples.tutorial;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;

/** 5. A class that is a process: {@code run} is what it does, its fields are what it is given. */
public final class ProcessSubclass {

  private ProcessSubclass() {}

  static final class MyProcess extends PodProcess {
    private static final long serialVersionUID = 1;
    private final int argument;

    MyProcess(Podpool podpool, int argument) {
      super(podpool);
      this.argument = argument;
    }

    @Override
    public void run() {
      System.out.println("my process: " + PodProcess.current().pid());
      System.out.println("argument: " + argument);
    }
  }

  /** No numbers. */
  public static void main(String... arguments) throws Exception {
    try (Podpool podpool = Tutorial.of(arguments).podpool()) {
      System.out.println("parent: " + PodProcess.current().pid());
      new MyProcess(podpool, 4).start();
    }
  }
}
