package dev.podpool.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.podpool.ClusterOptions;
import dev.podpool.internal.ClusterRuntime;
import dev.podpool.rpc.AccessDirectory;
import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code podpool doctor}. */
@Command(
    name = "doctor",
    description =
        "Says what is wrong with this machine's runtime and its pools, in order of likelihood, and"
            + " the command that mends each. Of a cluster (-n, --context and the like, or in a pod"
            + " that mounts an access directory), tries each step to its queue. Exit code 1 where"
            + " something is wrong.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DoctorCommand implements Callable<Integer> {

  private final Shell shell;

  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  DoctorCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException, CommandException {
    List<Check> way = way();
    if (way == null) {
      return tell(new Doctor(shell.environment(), directory()).examine());
    }
    if (!output.isJson()) {
      way.forEach(
          check ->
              shell
                  .out()
                  .println((check.failure() == null ? "ok      " : "failed  ") + check.step()));
    }
    return tell(way.stream().map(Check::failure).filter(Objects::nonNull).toList());
  }

  /** The steps to a cluster's queue; null where other commands would go to this machine's. */
  private @Nullable List<Check> way() throws CommandException {
    ClusterOptions cluster = connection.cluster();
    ClusterRuntime clusters = ClusterDoctor.clusters();
    if (cluster != null && clusters != null) {
      return new ClusterDoctor().fromOutside(clusters, cluster);
    }
    boolean isNamed = connection.directory() != null;
    if (isNamed || !shell.environment().getOrDefault(Doctor.ENDPOINT, "").isEmpty()) {
      return null;
    }
    String named = shell.environment().getOrDefault(AccessDirectory.VARIABLE, "");
    AccessDirectory access =
        new AccessDirectory(named.isEmpty() ? AccessDirectory.DEFAULT : Path.of(named));
    if (!named.isEmpty() || access.isThere()) {
      return new ClusterDoctor().inPod(access);
    }
    // Who has had a runtime here asks what is wrong with that.
    boolean isHere = Files.exists(directory().path());
    return !isHere && clusters != null && clusters.knowsClusters(shell.environment(), shell.home())
        ? new ClusterDoctor().fromOutside(clusters, ClusterOptions.defaults())
        : null;
  }

  private RuntimeDirectory directory() {
    Path named = connection.directory();
    return named == null
        ? shell.directory()
        : new RuntimeDirectory(named.toAbsolutePath().normalize());
  }

  private int tell(List<Finding> findings) {
    if (output.isJson()) {
      ArrayNode all = JsonNodeFactory.instance.arrayNode();
      findings.forEach(
          each -> all.addObject().put("problem", each.problem()).put("remedy", each.remedy()));
      shell.out().println(all);
    } else if (findings.isEmpty()) {
      shell.out().println("all is well");
    } else {
      for (Finding each : findings) {
        shell.out().println("- " + each.problem());
        shell.out().println("  → " + each.remedy());
      }
    }
    return (findings.isEmpty() ? ExitCode.OK : ExitCode.FAILED).code;
  }
}
