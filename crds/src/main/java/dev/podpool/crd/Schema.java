package dev.podpool.crd;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One node of the structural schema in the custom resource definition: the subset of OpenAPI that
 * the definition uses. The cluster reads the same file.
 */
record Schema(JsonNode node) {

  /** One CEL rule: an expression over {@code self}, what to say where it is false, and where. */
  record Rule(String expression, String message, String fieldPath) {}

  static Schema ofWorkerPool() {
    return in("workerpools.podpool.dev.yaml");
  }

  /** The schema in the definition of that name in this jar. */
  static Schema in(String definition) {
    try (InputStream in = Schema.class.getResourceAsStream(definition)) {
      if (in == null) {
        throw new IllegalStateException(definition + " is missing from Podpool's jar");
      }
      String yaml = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return of(
          YamlDocument.parse(yaml, definition)
              .root()
              .at("/spec/versions/0/schema/openAPIV3Schema"));
    } catch (IOException | ManifestException e) {
      throw new IllegalStateException(definition + " in Podpool's jar cannot be read", e);
    }
  }

  String type() {
    return node.path("x-kubernetes-int-or-string").asBoolean()
        ? "int-or-string"
        : node.path("type").asText();
  }

  String description() {
    return node.path("description").asText();
  }

  /** In the order of the definition; empty for what is no object with fields of its own. */
  Map<String, Schema> properties() {
    var properties = new LinkedHashMap<String, Schema>();
    node.path("properties").properties().forEach(e -> properties.put(e.getKey(), of(e.getValue())));
    return Collections.unmodifiableMap(properties);
  }

  /** The schema of the values of a free map. */
  Optional<Schema> additionalProperties() {
    return child("additionalProperties");
  }

  Optional<Schema> items() {
    return child("items");
  }

  Optional<JsonNode> defaultValue() {
    return Optional.ofNullable(node.get("default")).map(JsonNode::deepCopy);
  }

  OptionalLong limit(String keyword) {
    JsonNode limit = node.get(keyword);
    return limit == null ? OptionalLong.empty() : OptionalLong.of(limit.asLong());
  }

  List<String> values(String keyword) {
    var values = new ArrayList<String>();
    node.path(keyword).forEach(value -> values.add(value.asText()));
    return values;
  }

  List<Rule> rules() {
    var rules = new ArrayList<Rule>();
    node.path("x-kubernetes-validations")
        .forEach(
            rule ->
                rules.add(
                    new Rule(
                        rule.path("rule").asText(),
                        rule.path("message").asText(),
                        rule.path("fieldPath").asText())));
    return rules;
  }

  private Optional<Schema> child(String keyword) {
    return Optional.ofNullable(node.get(keyword)).map(Schema::of);
  }

  private static Schema of(JsonNode node) {
    return new Schema(node);
  }
}
