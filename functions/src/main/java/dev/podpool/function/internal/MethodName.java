package dev.podpool.function.internal;

import dev.podpool.function.FunctionNotFoundException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How people name a method: {@code Class::method}, or {@code Class::method(int,String)}.
 *
 * @param types of its parameters, each with its package or without; null where none are given
 */
record MethodName(String className, String method, @Nullable List<String> types) {
  private static final Pattern FORM =
      Pattern.compile("([^:()\\s]+)::([^:()\\s]+)\\s*(?:\\(([^()]*)\\))?");

  static MethodName parse(String text) {
    Matcher form = FORM.matcher(text.strip());
    if (!form.matches()) {
      throw new FunctionNotFoundException(
          "'" + text + "' is no function; give package.Class::method");
    }
    String types = form.group(3);
    return new MethodName(
        form.group(1),
        form.group(2),
        types == null
            ? null
            : types.isBlank()
                ? List.of()
                : Stream.of(types.split(",", -1)).map(String::strip).toList());
  }

  MethodName in(String otherClass) {
    return new MethodName(otherClass, method, types);
  }

  /** Whether its parameters are those that are given, if any are. */
  boolean fits(Method candidate) {
    if (types == null) {
      return true;
    }
    Class<?>[] has = candidate.getParameterTypes();
    if (has.length != types.size()) {
      return false;
    }
    for (int i = 0; i < has.length; i++) {
      String wanted = types.get(i);
      if (!wanted.equals(has[i].getTypeName()) && !wanted.equals(simple(has[i]))) {
        return false;
      }
    }
    return true;
  }

  /** Name and parameters, as they can be given: {@code add(int,String)}. */
  static String signature(Method method) {
    return Stream.of(method.getParameterTypes())
        .map(MethodName::simple)
        .collect(Collectors.joining(",", method.getName() + "(", ")"));
  }

  String signature() {
    return method + (types == null ? "" : "(" + String.join(",", types) + ")");
  }

  /** Without the package, and without asking for the class around it, which may not be there. */
  private static String simple(Class<?> type) {
    String name = type.getTypeName();
    return name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('$')) + 1);
  }

  @Override
  public String toString() {
    return className + "::" + signature();
  }
}
