package dev.podpool.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An expression of CEL, ready to be evaluated: one method for each thing of the language that the
 * definition's rules use.
 *
 * <p>Its values are Boolean, Long, String, {@link Nanos}, {@link Type}, and JsonNode for objects,
 * lists and what has no use here.
 */
@FunctionalInterface
interface CelExpression {
  /**
   * This expression's value.
   *
   * @throws NoValueException where CEL calls it an error, such as a field that is not there
   */
  Object in(Scope scope);

  /** The names that an expression may use. */
  record Scope(String name, Object value, @Nullable Scope outer) {
    static Scope of(String name, JsonNode value) {
      return new Scope(name, valueOf(value), null);
    }

    Scope with(String inner, JsonNode innerValue) {
      return new Scope(inner, valueOf(innerValue), this);
    }

    Object get(String wanted) {
      for (Scope scope = this; scope != null; scope = scope.outer) {
        if (scope.name.equals(wanted)) {
          return scope.value;
        }
      }
      throw new NoValueException("no variable " + wanted);
    }
  }

  /** A duration, in the API server's unit and range. */
  record Nanos(long count) {}

  /** What {@code type(…)} tells apart here. */
  enum Type {
    INT,
    OTHER
  }

  /** An expression that has no value for what it was given. */
  final class NoValueException extends RuntimeException {
    NoValueException(String message) {
      super(message, null, false, false);
    }
  }

  default boolean isTrue(Scope scope) {
    return cast(Boolean.class, in(scope));
  }

  /** {@code this || other}, in either order: what decides is enough, even beside an error. */
  default CelExpression or(CelExpression other) {
    return scope -> decides(scope, other, true);
  }

  /** {@code this && other}, as {@link #or}. */
  default CelExpression and(CelExpression other) {
    return scope -> decides(scope, other, false);
  }

  /** Whether {@code condition} is true of each item of this list, with the item as {@code name}. */
  default CelExpression all(String name, CelExpression condition) {
    return scope -> {
      CelExpression each = anything -> true;
      for (JsonNode item : cast(ArrayNode.class, in(scope))) {
        each = each.and(anything -> condition.in(scope.with(name, item)));
      }
      return each.in(scope);
    };
  }

  /** Whether {@code condition} is true of one item of this list, with the item as {@code name}. */
  default CelExpression existsOne(String name, CelExpression condition) {
    return scope -> {
      int found = 0;
      for (JsonNode item : cast(ArrayNode.class, in(scope))) {
        found += condition.isTrue(scope.with(name, item)) ? 1 : 0;
      }
      return found == 1;
    };
  }

  private boolean decides(Scope scope, CelExpression other, boolean deciding) {
    boolean left;
    try {
      left = isTrue(scope);
    } catch (NoValueException e) {
      if (other.isTrue(scope) == deciding) {
        return deciding;
      }
      throw e;
    }
    return left == deciding ? deciding : other.isTrue(scope);
  }

  default CelExpression not() {
    return scope -> !isTrue(scope);
  }

  default CelExpression choose(CelExpression whenTrue, CelExpression whenFalse) {
    return scope -> isTrue(scope) ? whenTrue.in(scope) : whenFalse.in(scope);
  }

  default CelExpression equal(CelExpression other) {
    return scope -> in(scope).equals(other.in(scope));
  }

  /**
   * Whether the order of this to {@code other}, as {@link Comparable} has it, is an accepted one.
   */
  default CelExpression order(CelExpression other, IntPredicate accepted) {
    return scope -> {
      Object left = in(scope);
      Object right = other.in(scope);
      if (left instanceof Nanos nanos) {
        return accepted.test(Long.compare(nanos.count, cast(Nanos.class, right).count));
      }
      return accepted.test(Long.compare(cast(Long.class, left), cast(Long.class, right)));
    };
  }

  default CelExpression field(String name) {
    return scope -> {
      JsonNode field = cast(ObjectNode.class, in(scope)).get(name);
      if (field == null) {
        throw new NoValueException("no field " + name);
      }
      return valueOf(field);
    };
  }

  default CelExpression has(String name) {
    return scope -> cast(ObjectNode.class, in(scope)).has(name);
  }

  default CelExpression size() {
    return scope -> {
      Object value = in(scope);
      return value instanceof String text
          ? (Object) (long) text.codePointCount(0, text.length())
          : (Object) (long) cast(JsonNode.class, value).size();
    };
  }

  default CelExpression type() {
    return scope -> in(scope) instanceof Long ? Type.INT : Type.OTHER;
  }

  default CelExpression startsWith(CelExpression prefix) {
    return scope -> cast(String.class, in(scope)).startsWith(cast(String.class, prefix.in(scope)));
  }

  /** Whether {@code regex} is found in this. */
  default CelExpression matches(String regex) {
    // RE2's $ is the end of the text; Java's is also before a line's end there.
    Pattern pattern = Pattern.compile(regex.replaceAll("\\$$", "\\\\z"));
    return scope -> pattern.matcher(cast(String.class, in(scope))).find();
  }

  /** This text as a duration. */
  default CelExpression duration() {
    return scope -> {
      try {
        return new Nanos(Durations.parse(cast(String.class, in(scope))).toNanos());
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new NoValueException("no duration");
      }
    };
  }

  private static Object valueOf(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue();
    } else if (node.isBoolean()) {
      return node.booleanValue();
    } else if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    return node;
  }

  private static <T> T cast(Class<T> type, Object value) {
    if (!type.isInstance(value)) {
      throw new NoValueException("no " + type.getSimpleName());
    }
    return type.cast(value);
  }
}
