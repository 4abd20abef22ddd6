package dev.podpool.function.internal;

import dev.podpool.function.FunctionNotFoundException;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A static method that a manifest or a command line names: {@code package.Class::method}. */
final class NamedCapture {
  private final String name;
  private final int arity;
  private final ClassLoader loader;

  NamedCapture(String name, int arity, ClassLoader loader) {
    this.name = name;
    this.arity = arity;
    this.loader = loader;
  }

  CapturedFunction capture() {
    int colons = name.indexOf("::");
    if (colons < 1) {
      throw new FunctionNotFoundException(
          "'" + name + "' is no function; give package.Class::method");
    }
    Class<?> type = type(name.substring(0, colons));
    Method method = method(type, name.substring(colons + 2));
    List<Class<?>> erased = Arrays.asList(method.getParameterTypes());
    var types = new FunctionTypes(name);
    types.chooseArguments(Arrays.asList(method.getGenericParameterTypes()), erased, null, null);
    var result =
        types.chooseResult(method.getGenericReturnType(), method.getReturnType(), null, null);
    boolean exact = !Modifier.isPublic(method.getModifiers());
    var reference =
        new FunctionReference(
            MethodHandleInfo.REF_invokeStatic,
            type.getName(),
            method.getName(),
            MethodType.methodType(method.getReturnType(), erased).toMethodDescriptorString(),
            Digests.of(type, exact, name),
            exact,
            FunctionReference.NO_RECEIVER,
            "",
            new PayloadWriter(),
            types.writtenArguments(),
            result == method.getReturnType() ? null : result);
    return new CapturedFunction(name, type, types.arguments(), result, reference.toBytes());
  }

  private Class<?> type(String className) {
    try {
      return Class.forName(className, false, loader);
    } catch (ClassNotFoundException | LinkageError e) {
      throw new FunctionNotFoundException(
          "class "
              + className
              + " of '"
              + name
              + "' is not on the class path; add its jar, or"
              + " check the name (a nested class is Outer$Inner)");
    }
  }

  private Method method(Class<?> type, String methodName) {
    List<Method> found = new ArrayList<>();
    for (Method each : type.getDeclaredMethods()) {
      if (each.getName().equals(methodName)
          && Modifier.isStatic(each.getModifiers())
          && each.getParameterCount() == arity) {
        found.add(each);
      }
    }
    if (found.size() == 1) {
      return found.get(0);
    }
    throw new FunctionNotFoundException(
        type.getName()
            + " has "
            + (found.isEmpty() ? "no" : found.size())
            + " static methods "
            + methodName
            + " with "
            + arity
            + " parameters; give one of that name");
  }
}
