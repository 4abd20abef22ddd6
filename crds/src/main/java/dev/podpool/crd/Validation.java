package dev.podpool.crd;

import static dev.podpool.crd.YamlDocument.child;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * One document held against the schema, in the API server's order: types, limits and unknown fields
 * while defaults are filled in, then the CEL rules of what passed.
 */
final class Validation {
  /** What {@code metadata} may hold; a definition's schema leaves it to the API server. */
  private static final Set<String> METADATA_TEXTS =
      Set.of(
          "name",
          "namespace",
          "uid",
          "resourceVersion",
          "creationTimestamp",
          "selfLink",
          "deletionTimestamp");

  private static final Set<String> METADATA_MAPS = Set.of("labels", "annotations");
  private static final List<String> METADATA_OFFERED =
      List.of("name", "namespace", "labels", "annotations");
  private static final Set<String> METADATA_OTHERS =
      Set.of(
          "generation",
          "deletionGracePeriodSeconds",
          "finalizers",
          "ownerReferences",
          "managedFields");

  private static final Set<String> BESIDE_THE_SCHEMA = Set.of("apiVersion", "kind", "metadata");
  private static final String API_VERSION = WorkerPool.GROUP + "/" + WorkerPool.VERSION;
  private static final int SHOWN_MAX = 60;

  private record Problem(long position, String text) {}

  private final YamlDocument document;
  private final List<Problem> problems = new ArrayList<>();
  private final Set<String> spoiled = new HashSet<>();

  Validation(YamlDocument document) {
    this.document = document;
  }

  /** Fills the document's root with {@code schema}'s defaults and notes what is wrong with it. */
  void check(Schema schema) {
    if (!(document.root() instanceof ObjectNode root)) {
      at("", "a manifest is fields with values: begin with apiVersion: " + API_VERSION);
      return;
    }
    expect(root, "apiVersion", API_VERSION);
    expect(root, "kind", "WorkerPool");
    if (!problems.isEmpty()) {
      return; // another kind's fields would only add noise
    }
    metadata(root.path("metadata"));
    fields("", root, schema, BESIDE_THE_SCHEMA);
    rules("", root, schema);
  }

  /** Throws what {@link #check} noted, in the order of the file. */
  void throwIfAny() throws ManifestException {
    if (!problems.isEmpty()) {
      throw new ManifestException(
          problems.stream()
              .sorted(Comparator.comparingLong(Problem::position))
              .map(Problem::text)
              .toList());
    }
  }

  private void expect(ObjectNode root, String field, String expected) {
    JsonNode value = root.get(field);
    if (value == null) {
      at(field, "missing: give " + field + ": " + expected);
    } else if (!value.asText().equals(expected)) {
      at(field, "%s is not read here: give %s".formatted(shown(value), expected));
    }
  }

  private void metadata(JsonNode metadata) {
    if (!metadata.isMissingNode() && !type("metadata", metadata, "object")) {
      return;
    }
    if (!metadata.has("name")) {
      spoiled("metadata.name", "missing: give the pool a name");
    }
    for (var entry : metadata.properties()) {
      String path = child("metadata", entry.getKey());
      if (METADATA_TEXTS.contains(entry.getKey())) {
        type(path, entry.getValue(), "string");
      } else if (METADATA_MAPS.contains(entry.getKey())) {
        texts(path, entry.getValue());
      } else if (!METADATA_OTHERS.contains(entry.getKey())) {
        unknown(path, entry.getKey(), METADATA_OFFERED);
      }
    }
  }

  private void texts(String path, JsonNode map) {
    if (type(path, map, "object")) {
      map.properties().forEach(e -> type(child(path, e.getKey()), e.getValue(), "string"));
    }
  }

  private void value(String path, JsonNode value, Schema schema) {
    if (!type(path, value, schema.type())) {
      return;
    }
    if (value instanceof ObjectNode object) {
      fields(path, object, schema, Set.of());
    } else if (value.isArray()) {
      count(path, value.size(), schema, "Items", "items");
      for (int i = 0; i < value.size(); i++) {
        value(child(path, i), value.get(i), schema.items().orElseThrow());
      }
    } else if (value.isTextual()) {
      text(path, value.asText(), schema);
    } else if (value.isNumber()) {
      BigDecimal number = value.decimalValue();
      bounds(path, number, shown(value), schema.limit("minimum"), schema.limit("maximum"));
    }
  }

  private void fields(String path, ObjectNode object, Schema schema, Set<String> beside) {
    Map<String, Schema> properties = schema.properties();
    properties.forEach(
        (name, property) -> {
          if (!object.has(name)) {
            property.defaultValue().ifPresent(value -> object.set(name, value));
          }
        });
    for (String name : schema.values("required")) {
      if (!object.has(name)) {
        spoiled(child(path, name), "missing: give it");
      }
    }
    Optional<Schema> free = schema.additionalProperties();
    for (var entry : object.properties()) {
      String name = entry.getKey();
      Optional<Schema> field = Optional.ofNullable(properties.get(name)).or(() -> free);
      if (field.isPresent()) {
        value(child(path, name), entry.getValue(), field.get());
      } else if (!beside.contains(name)) {
        var known = new TreeSet<>(beside);
        known.addAll(properties.keySet());
        unknown(child(path, name), name, known);
      }
    }
  }

  private void text(String path, String text, Schema schema) {
    List<String> allowed = schema.values("enum");
    if (!allowed.isEmpty() && !allowed.contains(text)) {
      spoiled(path, "'%s' is unknown: give %s".formatted(text, String.join(" or ", allowed)));
    }
    count(path, text.codePointCount(0, text.length()), schema, "Length", "characters");
  }

  private void count(String path, int count, Schema schema, String keyword, String what) {
    OptionalLong least = schema.limit("min" + keyword);
    OptionalLong most = schema.limit("max" + keyword);
    bounds(path, BigDecimal.valueOf(count), count + " " + what, least, most);
  }

  private void bounds(
      String path, BigDecimal number, String shown, OptionalLong least, OptionalLong most) {
    least.ifPresent(
        limit -> {
          if (number.compareTo(BigDecimal.valueOf(limit)) < 0) {
            spoiled(
                path,
                "%s is below the minimum of %d: give %d or more".formatted(shown, limit, limit));
          }
        });
    most.ifPresent(
        limit -> {
          if (number.compareTo(BigDecimal.valueOf(limit)) > 0) {
            spoiled(
                path,
                "%s is above the maximum of %d: give %d or less".formatted(shown, limit, limit));
          }
        });
  }

  private boolean type(String path, JsonNode value, String type) {
    String remedy =
        switch (type) {
          case "integer" -> value.isIntegralNumber() ? "" : "a whole number: give one, such as 4";
          case "string" -> value.isTextual() ? "" : "text: put it in quotes";
          case "boolean" -> value.isBoolean() ? "" : "a boolean: give true or false, unquoted";
          case "array" -> value.isArray() ? "" : "a list: begin each item with -";
          case "object" -> value.isObject() ? "" : "an object: give it fields";
          case "int-or-string" ->
              value.isTextual() || value.isIntegralNumber()
                  ? ""
                  : "a whole number or text: put it in quotes";
          default -> throw new IllegalStateException("the reader knows no type " + type);
        };
    if (!remedy.isEmpty()) {
      spoiled(path, "%s is not %s".formatted(shown(value), remedy));
    }
    return remedy.isEmpty();
  }

  private void rules(String path, JsonNode value, Schema schema) {
    if (spoiled.contains(path)) {
      return;
    }
    for (Schema.Rule rule : schema.rules()) {
      // A rule at the root may read metadata.name, but not call it its field: the definition's
      // schema does not have it.
      String fieldPath = path.isEmpty() ? ".metadata.name" : rule.fieldPath();
      Optional<Boolean> verdict = CelRules.verdict(rule.expression(), value);
      // The API server calls a rule that cannot be evaluated broken; so it is here, unless what it
      // stumbled on is a value that was already reported.
      if (!verdict.orElse(spoiled.stream().anyMatch(inner -> inner.startsWith(path)))) {
        String field = path + fieldPath;
        JsonNode culprit = value.at(fieldPath.replace('.', '/'));
        String seen = culprit.isValueNode() ? shown(culprit) + ": " : "";
        at(field.startsWith(".") ? field.substring(1) : field, seen + rule.message());
      }
    }
    schema
        .properties()
        .forEach(
            (name, property) -> {
              JsonNode child = value.get(name);
              if (child != null) {
                rules(child(path, name), child, property);
              }
            });
    schema
        .items()
        .ifPresent(
            items -> {
              for (int i = 0; i < value.size(); i++) {
                rules(child(path, i), value.get(i), items);
              }
            });
  }

  private void unknown(String path, String name, Collection<String> known) {
    String remedy =
        Spelling.nearest(name, known)
            .map(near -> "did you mean " + near + "?")
            .orElseGet(() -> "the fields here are " + String.join(", ", known));
    String text = "%s: %s: unknown field; %s".formatted(document.atKey(path), path, remedy);
    problems.add(new Problem(document.position(path), text));
  }

  /** Notes that the value at {@code path} is wrong in itself, so that no rule need look at it. */
  private void spoiled(String path, String text) {
    spoiled.add(path);
    at(path, text);
  }

  private void at(String path, String text) {
    String field = path.isEmpty() ? "" : path + ": ";
    problems.add(
        new Problem(document.position(path), document.atValue(path) + ": " + field + text));
  }

  /** {@code value} as a message shows it: on one line, not too long, text in quotes. */
  private static String shown(JsonNode value) {
    if (value.isContainerNode()) {
      return value.isArray() ? "a list" : "an object";
    }
    String text = value.asText().replaceAll("\\p{Cntrl}", "?");
    String brief = text.length() > SHOWN_MAX ? text.substring(0, SHOWN_MAX) + "…" : text;
    return value.isTextual() ? "'" + brief + "'" : brief;
  }
}
