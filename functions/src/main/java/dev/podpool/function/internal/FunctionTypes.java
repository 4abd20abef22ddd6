package dev.podpool.function.internal;

import dev.podpool.function.ErasedTypeException;
import java.lang.invoke.MethodType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the types by which a function's arguments and result are encoded. In this order: what the
 * author gave; what the method declares, if that is what the call site says as well; what the call
 * site says, where it says more ({@code String::valueOf} on an Integer); what the method declares.
 */
final class FunctionTypes {
  private final String place;
  private final List<Type> arguments = new ArrayList<>();
  private final List<@Nullable Type> writtenArguments = new ArrayList<>();

  /**
   * @param place the function, for messages: "the lambda at Index.java:41"
   */
  FunctionTypes(String place) {
    this.place = place;
  }

  /**
   * @param declared with generics, in the order of the call's arguments
   * @param erased the same as the descriptor has them
   * @param callSite boxed and erased, and the result last; null if there is none
   */
  void chooseArguments(
      List<Type> declared,
      List<Class<?>> erased,
      @Nullable MethodType callSite,
      @Nullable ExplicitTypes given) {
    for (int i = 0; i < declared.size(); i++) {
      String which = declared.size() == 1 ? "the argument of " : "argument " + (i + 1) + " of ";
      Type chosen =
          given != null
              ? checked(given.argumentTypes().get(i), which)
              : choose(
                  declared.get(i),
                  erased.get(i),
                  callSite == null ? erased.get(i) : callSite.parameterType(i),
                  which);
      arguments.add(chosen);
      writtenArguments.add(chosen == erased.get(i) ? null : chosen);
    }
  }

  List<Type> arguments() {
    return arguments;
  }

  /** As {@link FunctionReference} has them: null where the descriptor says as much. */
  List<@Nullable Type> writtenArguments() {
    return writtenArguments;
  }

  Type chooseResult(
      Type declared,
      Class<?> erased,
      @Nullable MethodType callSite,
      @Nullable ExplicitTypes given) {
    if (erased == void.class) {
      return erased;
    }
    return given != null
        ? checked(given.resultType(), "the result of ")
        : choose(
            declared, erased, callSite == null ? erased : callSite.returnType(), "the result of ");
  }

  private Type choose(Type declared, Class<?> erased, Class<?> callSite, String which) {
    boolean same =
        MethodType.methodType(erased).wrap().returnType() == callSite || erased == callSite;
    if (same && ConcreteTypes.problem(declared) == null) {
      return declared;
    }
    if (ConcreteTypes.problem(callSite) == null) {
      return callSite;
    }
    return ConcreteTypes.problem(declared) == null
        ? declared
        : checked(same ? declared : callSite, which);
  }

  private static boolean isResource(Type type) {
    return type instanceof Class<?> raw && AutoCloseable.class.isAssignableFrom(raw);
  }

  private Type checked(Type type, String which) {
    String problem = ConcreteTypes.problem(type);
    if (problem != null) {
      throw new ErasedTypeException(
          which
              + place
              + " is "
              + problem
              + ": a worker could not decode it. "
              + (isResource(type)
                  ? "Open it inside the function, and pass its path or address."
                  : "Name a method whose types are complete, or give them:"
                      + " Typed.function(function, new TypeRef<List<String>>() {}, …)."));
    }
    return type;
  }
}
