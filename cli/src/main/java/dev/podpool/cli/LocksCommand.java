package dev.podpool.cli;

import dev.podpool.ObjectInfo;
import dev.podpool.ObjectInfo.Kind;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code podpool locks}. */
@Command(
    name = "locks",
    description = "Lists locks, semaphores, events, conditions and barriers.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LocksCommand implements Callable<Integer> {

  private static final List<Kind> KINDS =
      List.of(Kind.LOCK, Kind.SEMAPHORE, Kind.EVENT, Kind.CONDITION, Kind.BARRIER);

  private final Shell shell;

  @Mixin private SharedObjects objects = new SharedObjects();

  LocksCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws CommandException {
    return objects.show(
        shell,
        KINDS,
        List.of("STATE", "WAITING", "SESSIONS", "HOLDERS"),
        object ->
            List.of(
                state(object),
                Integer.toString(object.waiting()),
                Integer.toString(object.sessions()),
                holders(object)));
  }

  private static String state(ObjectInfo object) {
    return switch (object.kind()) {
      case LOCK -> object.holders().isEmpty() ? "free" : "held";
      case SEMAPHORE -> object.count() + "/" + object.size() + " free";
      case EVENT -> object.count() == 0 ? "clear" : "set";
      case BARRIER -> object.broken() ? "broken" : object.count() + "/" + object.size() + " here";
      default -> "-";
    };
  }

  private static String holders(ObjectInfo object) {
    return object.holders().isEmpty()
        ? "-"
        : object.holders().stream()
            .map(
                holder ->
                    Text.line(holder.principal())
                        + " (session "
                        + holder.session()
                        + (holder.count() > 1 ? ", " + holder.count() + " permits)" : ")"))
            .collect(Collectors.joining(", "));
  }
}
