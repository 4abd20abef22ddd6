package dev.podpool.crd;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the part of CEL that the definition's rules use, and refuses the rest: {@code ?:}, {@code
 * ||}, {@code &&}, comparisons, {@code !}, fields, whole numbers, texts without escapes, and the
 * functions named here.
 */
final class CelParser {
  private static final Pattern TOKEN =
      Pattern.compile("\\s*([A-Za-z_]\\w*|\\d+|'[^'\\\\]*'|&&|\\|\\||[=!<>]=|[?:!<>.,()])");

  private final String rule;
  private final Deque<String> tokens = new ArrayDeque<>();

  private CelParser(String rule) {
    this.rule = rule;
    Matcher token = TOKEN.matcher(rule);
    while (token.lookingAt()) {
      tokens.add(token.group(1));
      token.region(token.end(), rule.length());
    }
    if (token.regionStart() != rule.length()) {
      throw unknown(rule.substring(token.regionStart()));
    }
  }

  /**
   * The expression that {@code rule} says.
   *
   * @throws IllegalStateException if it is no CEL, or uses more of CEL than is known here
   */
  static CelExpression parse(String rule) {
    var parser = new CelParser(rule);
    CelExpression expression = parser.choice();
    if (!parser.tokens.isEmpty()) {
      throw parser.unknown(parser.tokens.remove());
    }
    return expression;
  }

  private CelExpression choice() {
    CelExpression condition = or();
    if (!skipped("?")) {
      return condition;
    }
    CelExpression whenTrue = or();
    skip(":");
    return condition.choose(whenTrue, choice());
  }

  private CelExpression or() {
    CelExpression left = and();
    return skipped("||") ? left.or(or()) : left;
  }

  private CelExpression and() {
    CelExpression left = comparison();
    return skipped("&&") ? left.and(and()) : left;
  }

  private CelExpression comparison() {
    CelExpression left = negation();
    String operator = tokens.isEmpty() ? "" : tokens.peek();
    return switch (operator) {
      case "==" -> left.equal(operand());
      case "!=" -> left.equal(operand()).not();
      case "<" -> left.order(operand(), order -> order < 0);
      case "<=" -> left.order(operand(), order -> order <= 0);
      case ">" -> left.order(operand(), order -> order > 0);
      case ">=" -> left.order(operand(), order -> order >= 0);
      default -> left;
    };
  }

  private CelExpression operand() {
    tokens.remove();
    return negation();
  }

  private CelExpression negation() {
    return skipped("!") ? negation().not() : member();
  }

  private CelExpression member() {
    CelExpression value = primary();
    while (skipped(".")) {
      String name = next();
      value = skipped("(") ? method(value, name) : value.field(unescaped(name));
    }
    return value;
  }

  private CelExpression primary() {
    String token = next();
    if (token.equals("(")) {
      return closed(choice());
    } else if (token.startsWith("'")) {
      String text = token.substring(1, token.length() - 1);
      return scope -> text;
    } else if (Character.isDigit(token.charAt(0))) {
      Long number = Long.valueOf(token);
      return scope -> number;
    } else if (token.equals("int")) {
      return scope -> CelExpression.Type.INT;
    } else if (skipped("(")) {
      return function(token);
    }
    return scope -> scope.get(token);
  }

  private CelExpression function(String name) {
    return switch (name) {
      case "has" -> has();
      case "size" -> closed(choice().size());
      case "type" -> closed(choice().type());
      case "duration" -> closed(choice().duration());
      default -> throw unknown(name);
    };
  }

  private CelExpression has() {
    CelExpression object = primary();
    skip(".");
    String name = next();
    while (skipped(".")) {
      object = object.field(unescaped(name));
      name = next();
    }
    return closed(object.has(unescaped(name)));
  }

  private CelExpression method(CelExpression value, String name) {
    return switch (name) {
      case "matches" -> closed(value.matches(text()));
      case "startsWith" -> closed(value.startsWith(choice()));
      case "all" -> closed(value.all(variable(), choice()));
      case "exists_one" -> closed(value.existsOne(variable(), choice()));
      default -> throw unknown(name);
    };
  }

  private String text() {
    String token = next();
    if (!token.startsWith("'")) {
      throw unknown(token);
    }
    return token.substring(1, token.length() - 1);
  }

  private String variable() {
    String name = next();
    skip(",");
    return name;
  }

  /** A field whose name is a word of CEL, such as function, is written with underscores. */
  private static String unescaped(String name) {
    return name.startsWith("__") && name.endsWith("__")
        ? name.substring(2, name.length() - 2)
        : name;
  }

  private CelExpression closed(CelExpression expression) {
    skip(")");
    return expression;
  }

  private boolean skipped(String token) {
    boolean isNext = token.equals(tokens.peek());
    if (isNext) {
      tokens.remove();
    }
    return isNext;
  }

  private void skip(String token) {
    if (!skipped(token)) {
      throw unknown(tokens.isEmpty() ? "the end" : tokens.peek());
    }
  }

  private String next() {
    if (tokens.isEmpty()) {
      throw unknown("the end");
    }
    return tokens.remove();
  }

  private IllegalStateException unknown(String token) {
    return new IllegalStateException(
        "the reader does not know this use of %s in the rule %s".formatted(token, rule));
  }
}
