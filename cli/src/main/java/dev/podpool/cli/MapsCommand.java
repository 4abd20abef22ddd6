package dev.podpool.cli;

import dev.podpool.ObjectInfo.Kind;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code podpool maps}. */
@Command(
    name = "maps",
    description = "Lists shared maps, namespaces among them, lists, values and arrays.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class MapsCommand implements Callable<Integer> {

  private static final List<Kind> KINDS = List.of(Kind.MAP, Kind.LIST, Kind.VALUE, Kind.ARRAY);

  private final Shell shell;

  @Mixin private SharedObjects objects = new SharedObjects();

  MapsCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws CommandException {
    return objects.show(
        shell,
        KINDS,
        List.of("SIZE", "VERSION", "SESSIONS"),
        object ->
            List.of(
                Long.toString(object.count()),
                object.kind() == Kind.ARRAY ? "-" : Long.toString(object.version()),
                Integer.toString(object.sessions())));
  }
}
