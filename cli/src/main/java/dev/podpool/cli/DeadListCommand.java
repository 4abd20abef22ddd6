package dev.podpool.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.podpool.DeadItem;
import dev.podpool.Podpool;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code podpool dead list}. */
@Command(
    name = "list",
    description = "Lists them, with what ended their last process.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DeadListCommand implements Callable<Integer> {

  private final Shell shell;

  @Mixin private DeadItems items = new DeadItems();
  @Mixin private Limit limit = new Limit();
  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  DeadListCommand(Shell shell) {
    this.shell = shell;
  }

  @Override
  public Integer call() throws CommandException {
    try (Podpool podpool = connection.connect(shell)) {
      List<DeadItem> found = items.find(podpool, limit.value());
      limit.mention(found.size(), shell);
      if (output.isJson()) {
        shell.out().println(json(found));
        return ExitCode.OK.code;
      }
      Table table = new Table("ITEM", "FUNCTION", "ATTEMPTS", "WORKER", "CAUSE");
      for (DeadItem item : found) {
        table.row(
            item.job() + "/" + item.index(),
            Text.line(item.function()),
            Integer.toString(item.attempts()),
            item.worker(),
            Text.line(item.cause()));
      }
      table.print(shell.out());
    }
    return ExitCode.OK.code;
  }

  private static ArrayNode json(List<DeadItem> items) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (DeadItem item : items) {
      all.addObject()
          .put("job", item.job().toString())
          .put("index", item.index())
          .put("function", item.function())
          .put("attempts", item.attempts())
          .put("worker", item.worker())
          .put("exitCode", item.exitCode())
          .put("cause", item.cause());
    }
    return all;
  }
}
