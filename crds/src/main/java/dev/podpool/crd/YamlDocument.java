package dev.podpool.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.StringReader;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * One YAML document as JSON, and where in the file each of its nodes stands.
 *
 * <p>Nulls are left out, as the API server leaves them out before it applies defaults.
 */
final class YamlDocument {
  static final int CHARACTERS_MAX = 1024 * 1024;
  private static final int NODES_MAX = 50_000;
  private static final int DEPTH_MAX = 50;
  private static final Set<Tag> NUMBERS_AND_WORDS = Set.of(Tag.NULL, Tag.BOOL, Tag.INT, Tag.FLOAT);

  private final String source;
  private final Map<String, Mark> keys = new HashMap<>();
  private final Map<String, Mark> values = new HashMap<>();
  private final List<String> problems = new ArrayList<>();
  private final JsonNode root;
  private int nodes;

  private YamlDocument(Node node, String source) throws ManifestException {
    this.source = source;
    JsonNode json = convert("", node, 1);
    if (!problems.isEmpty()) {
      throw new ManifestException(problems);
    }
    this.root = json == null ? JsonNodeFactory.instance.objectNode() : json;
  }

  /**
   * The only document in {@code yaml}.
   *
   * @throws ManifestException if it is no YAML, too large, none or several documents, if a key is
   *     given twice, or if its aliases expand to too much
   */
  static YamlDocument parse(String yaml, String source) throws ManifestException {
    if (yaml.length() > CHARACTERS_MAX) {
      throw refused(
          "%s: %d characters are above the limit of %d for a manifest: give one WorkerPool"
              .formatted(source, yaml.length(), CHARACTERS_MAX));
    }
    var found = new ArrayList<Node>();
    try {
      // Not by new Yaml(…), which loads all that writes YAML, and makes objects of it, as well.
      var options = new LoaderOptions();
      options.setNestingDepthLimit(DEPTH_MAX);
      var reader = new StreamReader(new StringReader(yaml));
      var composer = new Composer(new ParserImpl(reader, options), new Resolver(), options);
      while (composer.checkNode()) {
        found.add(composer.getNode());
      }
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
      throw refused(at(source, mark) + ": not YAML: " + e.getProblem());
    } catch (ReaderException e) {
      throw refused(
          "%s: not YAML: character 0x%x at position %d is no text"
              .formatted(source, e.getCodePoint(), e.getPosition()));
    } catch (YAMLException e) {
      throw refused(source + ": not YAML: " + e.getMessage());
    }
    found.removeIf(node -> Tag.NULL.equals(node.getTag())); // a lone --- is no document
    if (found.isEmpty()) {
      throw refused(source + ": is empty: give a WorkerPool, beginning with apiVersion");
    }
    if (found.size() > 1) {
      throw refused(
          at(source, found.get(1).getStartMark())
              + ": a second document begins here: give one WorkerPool a file");
    }
    return new YamlDocument(found.get(0), source);
  }

  JsonNode root() {
    return root;
  }

  /** {@code file:line:column} of the value at {@code path}, or of the nearest node around it. */
  String atValue(String path) {
    return at(path, values);
  }

  /** {@code file:line:column} of the key that {@code path} ends with. */
  String atKey(String path) {
    return at(path, keys);
  }

  /** Line and column of the value at {@code path}, to sort by. */
  long position(String path) {
    Mark mark = nearest(path, values);
    return mark == null ? 0 : mark.getIndex();
  }

  static String child(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  static String child(String path, int index) {
    return path + "[" + index + "]";
  }

  private @Nullable JsonNode convert(String path, Node node, int depth) throws ManifestException {
    if (++nodes > NODES_MAX || depth > DEPTH_MAX) {
      throw refused(
          "%s: nests or repeats too much: at most %d levels and %d values, aliases expanded"
              .formatted(at(source, node.getStartMark()), DEPTH_MAX, NODES_MAX));
    }
    values.put(path, node.getStartMark());
    if (node instanceof MappingNode mapping) {
      return object(path, mapping, depth);
    }
    if (node instanceof SequenceNode sequence) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      for (Node item : sequence.getValue()) {
        JsonNode value = convert(child(path, array.size()), item, depth + 1);
        array.add(value == null ? JsonNodeFactory.instance.nullNode() : value);
      }
      return array;
    }
    return scalar((ScalarNode) node);
  }

  private ObjectNode object(String path, MappingNode mapping, int depth) throws ManifestException {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    var seen = new HashMap<String, Mark>();
    for (NodeTuple entry : mapping.getValue()) {
      if (!(entry.getKeyNode() instanceof ScalarNode key) || Tag.MERGE.equals(key.getTag())) {
        problems.add(
            at(source, entry.getKeyNode().getStartMark())
                + ": a key must be a plain word: write the fields out");
        continue;
      }
      String name = key.getValue();
      String field = child(path, name);
      Mark first = seen.putIfAbsent(name, key.getStartMark());
      if (first != null) {
        problems.add(
            "%s: %s: given twice, first on line %d: keep one"
                .formatted(at(source, key.getStartMark()), field, first.getLine() + 1));
        continue;
      }
      keys.put(field, key.getStartMark());
      JsonNode value = convert(field, entry.getValueNode(), depth + 1);
      if (value != null) {
        object.set(name, value);
      }
    }
    return object;
  }

  private @Nullable JsonNode scalar(ScalarNode node) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    String plain = node.isPlain() ? node.getValue() : "";
    // Where the API server's YAML differs from SnakeYAML's, the API server is right.
    if (plain.matches("[yYnN]")) {
      return json.booleanNode(plain.equalsIgnoreCase("y"));
    } else if (plain.matches("0o[0-7]{1,20}")) {
      return json.numberNode(Long.parseLong(plain.substring(2), 8));
    } else if (plain.matches("0[0-9]{1,17}") && plain.matches(".*[89].*")) {
      return json.numberNode(Long.parseLong(plain));
    } else if (plain.indexOf(':') >= 0) {
      return json.textNode(plain); // to SnakeYAML 1:30 is ninety
    }
    Tag tag = node.getTag();
    if (tag.equals(Tag.STR) || tag.equals(Tag.TIMESTAMP)) {
      return json.textNode(node.getValue());
    }
    Object value;
    try {
      value = NUMBERS_AND_WORDS.contains(tag) ? new Scalars().read(node) : node;
    } catch (YAMLException | IllegalArgumentException e) {
      value = node;
    }
    if (value == null) {
      return null;
    } else if (value instanceof Boolean bool) {
      return json.booleanNode(bool);
    } else if (value instanceof Integer || value instanceof Long) {
      return json.numberNode(((Number) value).longValue());
    } else if (value instanceof BigInteger number) {
      return json.numberNode(number);
    } else if (value instanceof Double number) {
      // 4.0 is the whole number 4 to the API server, up to where a double is exact.
      return number == Math.rint(number) && Math.abs(number) < 1L << 53
          ? json.numberNode(number.longValue())
          : json.numberNode(number);
    }
    problems.add(
        "%s: '%s' is not what its tag %s says: leave the tag out"
            .formatted(at(source, node.getStartMark()), node.getValue(), tag));
    return null;
  }

  private String at(String path, Map<String, Mark> marks) {
    return at(source, nearest(path, marks));
  }

  private @Nullable Mark nearest(String path, Map<String, Mark> marks) {
    for (String at = path; ; ) {
      Mark mark = marks.getOrDefault(at, values.get(at));
      if (mark != null || at.isEmpty()) {
        return mark;
      }
      at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
    }
  }

  private static String at(String source, @Nullable Mark mark) {
    return mark == null
        ? source
        : source + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
  }

  private static ManifestException refused(String problem) {
    return new ManifestException(List.of(problem));
  }

  /** SnakeYAML's own reading of plain words as numbers and booleans. */
  private static final class Scalars extends SafeConstructor {
    Scalars() {
      super(new LoaderOptions());
    }

    @Nullable Object read(ScalarNode node) {
      return constructObject(node);
    }
  }
}
