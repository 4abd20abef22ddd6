package dev.podpool.cli;

import dev.podpool.ObjectInfo;
import dev.podpool.ObjectInfo.Kind;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code podpool queues}. */
@Command(
    name = "queues",
    description = "Lists shared queues and pipes.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class QueuesCommand implements Callable<Integer> {

  private static final List<Kind> KINDS = List.of(Kind.QUEUE, Kind.PIPE);

  private final Shell shell;

  @Mixin private SharedObjects objects = new SharedObjects();

  QueuesCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws CommandException {
    return objects.show(
        shell,
        KINDS,
        List.of("SIZE", "UNFINISHED", "WAITING", "SESSIONS", "STATE"),
        object ->
            List.of(
                size(object),
                Long.toString(object.unfinished()),
                Integer.toString(object.waiting()),
                Integer.toString(object.sessions()),
                object.closed() ? "closed" : "open"));
  }

  private static String size(ObjectInfo object) {
    return object.count() + (object.size() == 0 ? "" : "/" + object.size());
  }
}
