package dev.podpool.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code podpool doctor}. */
@Command(
    name = "doctor",
    description =
        "Says what is wrong with this machine's runtime and its pools, in order of likelihood, and"
            + " the command that mends each. Exit code 1 where something is.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DoctorCommand implements Callable<Integer> {

  private final Shell shell;

  @Mixin private LocalDirectory runtime = new LocalDirectory();
  @Mixin private Output output = new Output();

  DoctorCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws IOException {
    List<Finding> findings = new Doctor(shell.environment(), runtime.directory(shell)).examine();
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
