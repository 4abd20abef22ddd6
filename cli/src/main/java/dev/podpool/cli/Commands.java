package dev.podpool.cli;

import java.lang.reflect.Constructor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * All commands there are. Of several, only that which is called for is looked at: it costs time.
 */
@Command(
    name = "podpool",
    description = "Pools of processes that run your functions, at the shell.",
    mixinStandardHelpOptions = true,
    versionProvider = Commands.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false)
final class Commands implements Runnable {

  private static final Map<String, Function<Shell, Object>> ALL = all();

  @Spec private CommandSpec spec = CommandSpec.create();

  private static Map<String, Function<Shell, Object>> all() {
    Map<String, Function<Shell, Object>> all = new LinkedHashMap<>();
    all.put("local", shell -> new LocalCommand());
    all.put("submit", SubmitCommand::new);
    all.put("map", MapCommand::new);
    all.put("wait", WaitCommand::new);
    all.put("jobs", JobsCommand::new);
    all.put("logs", LogsCommand::new);
    all.put("cancel", CancelCommand::new);
    all.put("dead", shell -> new DeadCommand());
    all.put("drain", DrainCommand::new);
    all.put("locks", LocksCommand::new);
    all.put("queues", QueuesCommand::new);
    all.put("maps", MapsCommand::new);
    all.put("doctor", DoctorCommand::new);
    all.put("example", ExampleCommand::new);
    all.put("completion", CompletionCommand::new);
    return all;
  }

  /** The command line of {@code arguments}. */
  static CommandLine line(Shell shell, String... arguments) {
    CommandLine line = new CommandLine(new Commands(), new WithShell(shell));
    Function<Shell, Object> called = arguments.length == 0 ? null : ALL.get(arguments[0]);
    if (called != null) {
      line.addSubcommand(arguments[0], called.apply(shell));
    } else {
      ALL.forEach((name, command) -> line.addSubcommand(name, command.apply(shell)));
    }
    return line;
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "give a command: " + String.join(", ", ALL.keySet()));
  }

  /** Makes commands of commands. */
  private record WithShell(Shell shell) implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      for (Constructor<?> each : type.getDeclaredConstructors()) {
        if (each.getParameterCount() == 1 && each.getParameterTypes()[0] == Shell.class) {
          return type.cast(each.newInstance(shell));
        }
      }
      return CommandLine.defaultFactory().create(type);
    }
  }

  /** What {@code --version} says. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Commands.class.getPackage().getImplementationVersion();
      return new String[] {"podpool " + (version == null ? "(not packaged)" : version)};
    }
  }
}
