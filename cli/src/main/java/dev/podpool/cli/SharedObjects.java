package dev.podpool.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.podpool.NotFoundException;
import dev.podpool.ObjectInfo;
import dev.podpool.Podpool;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What {@code podpool locks}, {@code queues} and {@code maps} have in common: all, or one name. */
final class SharedObjects {

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "Of that name only.")
  private @Nullable String name;

  @Mixin private Limit limit = new Limit();
  @Mixin private Connection connection = new Connection();
  @Mixin private Output output = new Output();

  /** What is told of an object, beside its kind and its name. */
  interface Row {
    List<String> cells(ObjectInfo object);
  }

  int show(Shell shell, List<ObjectInfo.Kind> kinds, List<String> header, Row row)
      throws CommandException {
    List<ObjectInfo> found;
    try (Podpool podpool = connection.connect(shell)) {
      found = name == null ? all(podpool, kinds) : named(podpool, kinds, name);
    }
    if (output.isJson()) {
      shell.out().println(json(found));
    } else {
      print(shell, found, header, row);
    }
    if (name == null) {
      limit.mention(found.size(), shell);
    }
    return ExitCode.OK.code;
  }

  private List<ObjectInfo> all(Podpool podpool, List<ObjectInfo.Kind> kinds) {
    List<ObjectInfo> found = new ArrayList<>();
    int most = limit.value();
    for (ObjectInfo.Kind kind : kinds) {
      // Below 0, too: the client refuses it.
      if (most <= 0 || found.size() < most) {
        found.addAll(podpool.objects(kind, most <= 0 ? most : most - found.size()));
      }
    }
    return found;
  }

  private static List<ObjectInfo> named(Podpool podpool, List<ObjectInfo.Kind> kinds, String name)
      throws CommandException {
    List<ObjectInfo> found = new ArrayList<>();
    for (ObjectInfo.Kind kind : kinds) {
      try {
        found.add(podpool.object(kind, name));
      } catch (NotFoundException e) {
        // One of another kind may have that name.
      }
    }
    if (found.isEmpty()) {
      throw new CommandException(
          ExitCode.NOT_FOUND,
          "there is no "
              + kinds.stream().map(SharedObjects::word).collect(Collectors.joining(", "))
              + " '"
              + name
              + "'; without a name, all are listed");
    }
    return found;
  }

  private static void print(Shell shell, List<ObjectInfo> found, List<String> header, Row row) {
    Table table = new Table(with("KIND", "NAME", header));
    for (ObjectInfo object : found) {
      String named = object.name();
      table.row(
          with(
              word(object.kind()),
              named == null ? "(" + object.id() + ")" : named,
              row.cells(object)));
    }
    table.print(shell.out());
  }

  private static String[] with(String first, String second, List<String> rest) {
    List<String> all = new ArrayList<>(List.of(first, second));
    all.addAll(rest);
    return all.toArray(String[]::new);
  }

  private static String word(ObjectInfo.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  static ArrayNode json(List<ObjectInfo> objects) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (ObjectInfo object : objects) {
      ObjectNode one =
          all.addObject()
              .put("kind", word(object.kind()))
              .put("name", object.name())
              .put("id", object.id().isEmpty() ? null : object.id())
              .put("sessions", object.sessions())
              .put("waiting", object.waiting())
              .put("count", object.count())
              .put("size", object.size())
              .put("unfinished", object.unfinished())
              .put("broken", object.broken())
              .put("closed", object.closed())
              .put("version", object.version())
              .put("timeToLiveMillis", object.timeToLive().toMillis());
      ArrayNode holders = one.putArray("holders");
      for (ObjectInfo.Holder holder : object.holders()) {
        holders
            .addObject()
            .put("principal", holder.principal())
            .put("session", holder.session())
            .put("count", holder.count());
      }
    }
    return all;
  }
}
