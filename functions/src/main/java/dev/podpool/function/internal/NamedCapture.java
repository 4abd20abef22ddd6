package dev.podpool.function.internal;

import dev.podpool.function.FunctionNotFoundException;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A static method that a manifest or a command line names: {@code package.Class::method}, or {@code
 * package.Class::method(int,java.lang.String)} where it has overloads. Initializes no class.
 */
final class NamedCapture {
  private static final int CANDIDATES_MAX = 10;

  private final MethodName name;
  private final int arity;
  private final ClassLoader loader;

  NamedCapture(String name, int arity, ClassLoader loader) {
    this.name = MethodName.parse(name);
    this.arity = arity;
    this.loader = loader;
  }

  /**
   * @param inJson whether arguments and result are JSON here
   */
  CapturedFunction capture(boolean inJson) {
    Class<?> type = type();
    Method method = method(type);
    List<Class<?>> erased = Arrays.asList(method.getParameterTypes());
    var types = new FunctionTypes(name.toString());
    types.chooseArguments(Arrays.asList(method.getGenericParameterTypes()), erased, null, null);
    var result =
        types.chooseResult(method.getGenericReturnType(), method.getReturnType(), null, null);
    boolean exact = !Modifier.isPublic(method.getModifiers());
    byte[] reference =
        new FunctionReference(
                MethodHandleInfo.REF_invokeStatic,
                type.getName(),
                method.getName(),
                MethodType.methodType(method.getReturnType(), erased).toMethodDescriptorString(),
                Digests.of(type, exact, name.toString()),
                exact,
                FunctionReference.NO_RECEIVER,
                "",
                new PayloadWriter(),
                types.writtenArguments(),
                result == method.getReturnType() ? null : result)
            .toBytes();
    String shown = name.className() + "::" + name.method();
    return new CapturedFunction(shown, type, loader, types.arguments(), result, reference, inJson);
  }

  private Class<?> type() {
    try {
      return Class.forName(name.className(), false, loader);
    } catch (ClassNotFoundException | LinkageError e) {
      throw new FunctionNotFoundException(
          "class "
              + name.className()
              + " of '"
              + name
              + "' is not on the class path; add its jar, or"
              + " check the name (a nested class is Outer$Inner)");
    }
  }

  private Method method(Class<?> type) {
    List<Method> named;
    try {
      named = methods(type, each -> each.getName().equals(name.method()));
    } catch (NoClassDefFoundError | TypeNotPresentException e) {
      throw new FunctionNotFoundException(
          type.getName()
              + " needs a class that is not on the class path ("
              + e.getMessage()
              + "); add its jar",
          e);
    }
    List<Method> fitting =
        named.stream()
            .filter(each -> Modifier.isStatic(each.getModifiers()))
            .filter(each -> each.getParameterCount() == arity && name.fits(each))
            .toList();
    if (fitting.size() == 1) {
      return fitting.get(0);
    }
    throw new FunctionNotFoundException(problem(type, named, fitting));
  }

  private String problem(Class<?> type, List<Method> named, List<Method> fitting) {
    String className = type.getName();
    if (fitting.size() > 1) {
      return "%s has %d static methods %s with %s: name one with its types: %s"
          .formatted(
              className,
              fitting.size(),
              name.method(),
              parameters(arity),
              fitting.stream()
                  .map(each -> "'" + className + "::" + MethodName.signature(each) + "'")
                  .collect(Collectors.joining(", ")));
    }
    if (named.isEmpty()) {
      List<Method> all = methods(type, each -> Modifier.isStatic(each.getModifiers()));
      return "%s has no method %s; %s".formatted(className, name.method(), candidates(all));
    }
    if (named.stream().noneMatch(each -> Modifier.isStatic(each.getModifiers()))) {
      return "%s::%s is not static, and there is no object to call it on; make it static"
          .formatted(className, name.method());
    }
    List<Method> statics =
        named.stream().filter(each -> Modifier.isStatic(each.getModifiers())).toList();
    return "%s has no static method %s with %s; %s"
        .formatted(
            className,
            name.types() == null ? name.method() : name.signature(),
            parameters(arity),
            candidates(statics));
  }

  private static String parameters(int count) {
    return count == 1 ? "1 parameter" : count + " parameters";
  }

  private static String candidates(List<Method> methods) {
    if (methods.isEmpty()) {
      return "it has no static method";
    }
    String more =
        methods.size() > CANDIDATES_MAX ? ", and " + (methods.size() - CANDIDATES_MAX) : "";
    return methods.stream()
        .limit(CANDIDATES_MAX)
        .map(MethodName::signature)
        .collect(Collectors.joining(", ", "it has ", more.isEmpty() ? "" : more + " more"));
  }

  /** Of the author's own, in the order of their names: Java gives them in none. */
  private static List<Method> methods(Class<?> type, Predicate<Method> wanted) {
    return Stream.of(type.getDeclaredMethods())
        .filter(each -> !each.isSynthetic())
        .filter(wanted)
        .sorted((a, b) -> MethodName.signature(a).compareTo(MethodName.signature(b)))
        .collect(Collectors.toCollection(ArrayList::new));
  }
}
