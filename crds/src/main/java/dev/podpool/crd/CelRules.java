package dev.podpool.crd;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The CEL rules of the custom resource definition, evaluated as the API server does.
 *
 * <p>Only the part of CEL that the rules use is known here. The language's own library takes longer
 * to load than all else that reads a manifest, and brings Guava and ANTLR to every user; the tests
 * hold this against that library, and against a real API server.
 */
final class CelRules {
  private static final Map<String, CelExpression> EXPRESSIONS = new ConcurrentHashMap<>();

  private CelRules() {}

  /** Whether {@code rule} is true of {@code self}; empty where it cannot be evaluated. */
  static Optional<Boolean> verdict(String rule, JsonNode self) {
    CelExpression expression = EXPRESSIONS.computeIfAbsent(rule, CelParser::parse);
    try {
      return Optional.of((Boolean) expression.in(CelExpression.Scope.of("self", self)));
    } catch (CelExpression.NoValueException e) {
      return Optional.empty();
    }
  }
}
