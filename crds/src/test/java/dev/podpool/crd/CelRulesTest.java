package dev.podpool.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The reader's CEL against Google's library for the language. */
class CelRulesTest {
  private static final CelCompiler COMPILER =
      CelCompilerFactory.standardCelCompilerBuilder()
          .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
          .addVar("self", SimpleType.DYN)
          .build();
  private static final CelRuntime RUNTIME = CelRuntimeFactory.standardCelRuntimeBuilder().build();
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int TRIES = 1_000;

  /** What makes the rules' expressions true, false and broken, when put together. */
  private static final List<String> PIECES =
      List.of(
          "0",
          "1",
          "9",
          "00",
          "999999",
          "1234567",
          "h",
          "m",
          "s",
          "ms",
          "k",
          "Ki",
          "Gi",
          "E",
          ".",
          "-",
          "+",
          " ",
          "\n",
          "a",
          "Z",
          "_",
          "$",
          "::",
          "com",
          "load",
          "PODPOOL_",
          "Equal",
          "Exists",
          "ž",
          "🐎");

  private static final List<String> FIELDS =
      List.of("name", "key", "value", "operator", "daemon", "drainDeadline", "function");

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void aRuleOfTheDefinitionHasTheLibrarysVerdict(String rule) throws Exception {
    agrees(rule);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "self.name == 'Equal' || self.none",
        "self.none || self.name == 'Equal'",
        "self.none && self.name == 'Equal'",
        "!(self.name == 'Equal') && has(self.value)",
        "self.name != 'Equal' ? size(self.name) < 3 : size(self.name) >= 1",
        "has(self.__function__) == self.daemon",
        "self.all(one, one.name == 'Equal')",
        "self.exists_one(one, one.name == 'Equal')",
        "size(self) > 2"
      })
  void whatTheRulesAreMadeOfHasTheLibrarysVerdict(String rule) throws Exception {
    agrees(rule);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "self.a + 1 > 2",
        "self.map(x, x)",
        "self[0]",
        "'a\\\\n' == self",
        "self ==",
        "(self",
        "f(self)"
      })
  void whatTheReaderDoesNotKnowIsNoRule(String rule) {
    assertThatThrownBy(() -> CelParser.parse(rule))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the reader does not know this use of");
  }

  @Test
  void aDurationThatTheServerCannotCountIsNone() {
    String rule = WorkerPoolSpec.DURATION;

    // 2^63 - 1 nanoseconds are 2562047 hours and 47 minutes.
    assertThat(CelRules.verdict(rule, JSON.textNode("999999h999999h562049h"))).contains(true);
    assertThat(CelRules.verdict(rule, JSON.textNode("999999h999999h562050h"))).isEmpty();
  }

  static Stream<String> rules() {
    return rules(Schema.ofWorkerPool()).distinct();
  }

  private static Stream<String> rules(Schema schema) {
    Stream<Schema> inner =
        Stream.concat(schema.properties().values().stream(), schema.items().stream());
    return Stream.concat(
        schema.rules().stream().map(Schema.Rule::expression), inner.flatMap(CelRulesTest::rules));
  }

  private static void agrees(String rule) throws Exception {
    CelRuntime.Program program = RUNTIME.createProgram(COMPILER.compile(rule).getAst());
    var random = new SplittableRandom(rule.hashCode());
    var seen = new HashMap<Optional<Boolean>, Integer>();
    for (int i = 0; i < TRIES; i++) {
      JsonNode self = self(random);
      Optional<Boolean> expected = libraryVerdict(program, self);
      assertThat(CelRules.verdict(rule, self)).as("try %d: %s", i, self).isEqualTo(expected);
      seen.merge(expected, 1, Integer::sum);
    }
    assertThat(seen).as("a test of one verdict shows little").hasSizeGreaterThan(1);
  }

  private static JsonNode self(SplittableRandom random) {
    return switch (random.nextInt(5)) {
      case 0, 1 -> scalar(random);
      case 2, 3 -> {
        ObjectNode object = object(random);
        object.set("metadata", object(random));
        yield object;
      }
      default -> {
        var list = JSON.arrayNode();
        for (int i = random.nextInt(4); i > 0; i--) {
          list.add(object(random));
        }
        yield list;
      }
    };
  }

  private static ObjectNode object(SplittableRandom random) {
    ObjectNode object = JSON.objectNode();
    for (String field : FIELDS) {
      if (random.nextInt(3) > 0) {
        object.set(field, scalar(random));
      }
    }
    return object;
  }

  private static JsonNode scalar(SplittableRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> JSON.numberNode(random.nextLong(-2, 3));
      case 1, 2 -> JSON.booleanNode(random.nextBoolean());
      case 3 -> JSON.textNode(random.nextBoolean() ? "Equal" : "Exists");
      default -> {
        var text = new StringBuilder();
        for (int i = random.nextInt(5); i > 0; i--) {
          text.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        yield JSON.textNode(text.toString());
      }
    };
  }

  private static Optional<Boolean> libraryVerdict(CelRuntime.Program program, JsonNode self) {
    try {
      return Optional.of((Boolean) program.eval(Map.of("self", libraryValue(self))));
    } catch (CelEvaluationException e) {
      return Optional.empty();
    }
  }

  private static Object libraryValue(JsonNode node) {
    if (node.isObject()) {
      var fields = new HashMap<String, Object>();
      node.properties()
          .forEach(
              e ->
                  fields.put(
                      e.getKey().equals("function") ? "__function__" : e.getKey(),
                      libraryValue(e.getValue())));
      return fields;
    } else if (node.isArray()) {
      var items = new ArrayList<Object>();
      node.forEach(item -> items.add(libraryValue(item)));
      return items;
    }
    return node.isTextual()
        ? node.textValue()
        : node.isBoolean() ? (Object) node.booleanValue() : (Object) node.longValue();
  }
}
