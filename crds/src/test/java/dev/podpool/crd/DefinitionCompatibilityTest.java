package dev.podpool.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the last release's definition accepted, this one accepts, and with the same meaning.
 *
 * <p>{@code released/} holds each definition as it was released last. It is replaced when a release
 * is made, never to please this test.
 */
class DefinitionCompatibilityTest {
  private static final Path RELEASED = Path.of("src/test/resources/released");
  private static final Path PRESENT = Path.of("src/main/resources/dev/podpool/crd");
  private static final List<String> LEAST = List.of("minimum", "minLength", "minItems");
  private static final List<String> MOST = List.of("maximum", "maxLength", "maxItems");

  @Test
  void whatWasReleasedStaysValid() throws Exception {
    try (Stream<Path> definitions = Files.list(RELEASED)) {
      for (Path released : definitions.toList()) {
        Path present = PRESENT.resolve(Objects.requireNonNull(released.getFileName()));
        assertThat(breaks(version(released), version(present))).as("%s", present).isEmpty();
      }
    }
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("changes")
  void aChangeThatBreaksWhatWasReleasedIsFound(Consumer<ObjectNode> change, String found)
      throws Exception {
    Path released = RELEASED.resolve("workerpools.podpool.dev.yaml");
    ObjectNode changed = version(released);
    change.accept(changed);

    assertThat(breaks(version(released), changed)).containsExactly(found);
  }

  static Stream<Arguments> changes() {
    return Stream.of(
        change(spec -> ((ObjectNode) spec.at("/properties")).remove("slots"), ".slots: gone"),
        change(
            spec -> at(spec, "slots").put("type", "string"), ".slots: type was integer, is string"),
        change(spec -> at(spec, "workers").put("maximum", 9_999), ".workers: maximum tightened"),
        change(spec -> at(spec, "workers").put("minimum", 1), ".workers: minimum tightened"),
        change(
            spec -> at(spec, "taskTimeout").put("minLength", 2),
            ".taskTimeout: minLength tightened"),
        change(spec -> at(spec, "maxAttempts").put("default", 4), ".maxAttempts: default changed"),
        change(spec -> spec.putArray("required").add("slots"), ".slots: required now"),
        change(
            spec ->
                ((ObjectNode) spec.at("/properties/template/properties/labels"))
                    .remove("additionalProperties"),
            ".template.labels: no free keys any more"),
        change(
            spec ->
                ((ObjectNode)
                        spec.at(
                            "/properties/template/properties/tolerations/items/properties/effect"))
                    .putArray("enum")
                    .add("NoSchedule"),
            ".template.tolerations[].effect: NoExecute, PreferNoSchedule no longer allowed"),
        change(
            spec ->
                at(spec, "slots")
                    .putArray("x-kubernetes-validations")
                    .addObject()
                    .put("rule", "self > 1"),
            ".slots: new rule self > 1"));
  }

  private static Arguments change(Consumer<ObjectNode> change, String found) {
    Consumer<ObjectNode> inVersion =
        version ->
            change.accept((ObjectNode) version.at("/schema/openAPIV3Schema/properties/spec"));
    return Arguments.of(inVersion, "spec" + found);
  }

  private static ObjectNode at(ObjectNode spec, String field) {
    return (ObjectNode) spec.at("/properties/" + field);
  }

  private static ObjectNode version(Path file) throws Exception {
    return (ObjectNode)
        YamlDocument.parse(Files.readString(file), file.toString()).root().at("/spec/versions/0");
  }

  private static List<String> breaks(JsonNode released, JsonNode present) {
    var found = new ArrayList<String>();
    if (!released.get("name").equals(present.get("name"))) {
      found.add("version was " + released.get("name") + ", is " + present.get("name"));
    }
    if (!released.path("subresources").equals(present.path("subresources"))) {
      found.add("subresources changed");
    }
    compare(
        "", released.at("/schema/openAPIV3Schema"), present.at("/schema/openAPIV3Schema"), found);
    return found;
  }

  private static void compare(String path, JsonNode was, JsonNode is, List<String> found) {
    String type = was.path("type").asText();
    if (!type.equals(is.path("type").asText())) {
      found.add("%s: type was %s, is %s".formatted(path, type, is.path("type").asText()));
      return;
    }
    LEAST.forEach(bound -> bound(path, bound, was, is, -Double.MAX_VALUE, 1, found));
    MOST.forEach(bound -> bound(path, bound, was, is, Double.MAX_VALUE, -1, found));
    if (!was.path("default").equals(is.path("default"))) {
      found.add(path + ": default changed");
    }
    if (was.has("additionalProperties") && !is.has("additionalProperties")) {
      found.add(path + ": no free keys any more");
    }
    allowed(path, was, is, found);
    rules(path, was, is, found);
    List<String> before = texts(was.path("required"));
    texts(is.path("required")).stream()
        .filter(field -> !before.contains(field) && was.path("properties").has(field))
        .forEach(field -> found.add(child(path, field) + ": required now"));
    was.path("properties")
        .properties()
        .forEach(
            field -> {
              JsonNode now = is.path("properties").path(field.getKey());
              if (now.isMissingNode()) {
                found.add(child(path, field.getKey()) + ": gone");
              } else {
                compare(child(path, field.getKey()), field.getValue(), now, found);
              }
            });
    if (was.has("items")) {
      compare(path + "[]", was.get("items"), is.path("items"), found);
    }
  }

  /** {@code direction} is 1 where more is tighter, -1 where less is. */
  private static void bound(
      String path,
      String bound,
      JsonNode was,
      JsonNode is,
      double none,
      int direction,
      List<String> found) {
    double before = was.path(bound).asDouble(none);
    double now = is.path(bound).asDouble(none);
    if (direction > 0 ? now > before : now < before) {
      found.add("%s: %s tightened".formatted(path, bound));
    }
  }

  private static void allowed(String path, JsonNode was, JsonNode is, List<String> found) {
    if (is.has("enum") && !was.has("enum")) {
      found.add(path + ": any value was allowed");
    }
    List<String> now = texts(is.path("enum"));
    List<String> gone = texts(was.path("enum")).stream().filter(v -> !now.contains(v)).toList();
    if (is.has("enum") && !gone.isEmpty()) {
      found.add("%s: %s no longer allowed".formatted(path, String.join(", ", gone)));
    }
  }

  /** A rule of a new field can break nothing; of an old one, any new rule may. */
  private static void rules(String path, JsonNode was, JsonNode is, List<String> found) {
    List<String> before = was.path("x-kubernetes-validations").findValuesAsText("rule");
    is.path("x-kubernetes-validations").findValuesAsText("rule").stream()
        .filter(rule -> !before.contains(rule) && !isAboutNewFieldsOnly(rule, was))
        .forEach(rule -> found.add("%s: new rule %s".formatted(path, rule)));
  }

  /** Whether the rule holds wherever none of the fields is there that were not released. */
  private static boolean isAboutNewFieldsOnly(String rule, JsonNode was) {
    return rule.startsWith("!has(self.")
        && !was.path("properties").has(rule.substring("!has(self.".length(), rule.indexOf(')')));
  }

  private static List<String> texts(JsonNode list) {
    var texts = new ArrayList<String>();
    list.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static String child(String path, String field) {
    return path.isEmpty() ? field : path + "." + field;
  }
}
