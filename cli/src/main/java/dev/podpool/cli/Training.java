package dev.podpool.cli;

/**
 * What {@code cli/train} runs, so that the JVM can keep what commands load: one asks the runtime of
 * this machine, one a cluster, and each loads what the other does not. A cluster that does not
 * answer will do: most of what it takes is loaded before.
 */
final class Training {

  private Training() {}

  public static void main(String[] arguments) {
    Shell shell = Shell.ofProcess();
    int local = Main.run(shell, "jobs");
    var _ = Main.run(shell, "jobs", "--namespace", "training");
    System.exit(local);
  }
}
