package dev.podpool.function.internal;

import dev.podpool.function.CaptureException;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.lang.invoke.SerializedLambda;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes a function apart so that it can travel. Java serialization is used for one thing only: to
 * ask a lambda what it is. It writes nothing, and nothing is ever deserialized by it.
 */
public final class Capture {
  /** A lambda without captured values is one object, of a class of its own, for ever. */
  private static final ClassValue<@Nullable CapturedFunction[]> KNOWN =
      new ClassValue<>() {
        @Override
        protected @Nullable CapturedFunction[] computeValue(Class<?> type) {
          return new CapturedFunction[1];
        }
      };

  private Capture() {}

  /**
   * The function, its captured values copied.
   *
   * @param function one of the Remote interfaces, or what {@code Typed} gave
   * @throws dev.podpool.function.CaptureException if it or a captured value cannot travel
   * @throws dev.podpool.function.ErasedTypeException if the type of an argument or of the result is
   *     not known well enough to decode it
   */
  public static CapturedFunction capture(Serializable function) {
    if (function instanceof Precaptured already) {
      return already.captured();
    }
    if (function instanceof ExplicitTypes typed) {
      return take(typed.target(), typed);
    }
    @Nullable CapturedFunction[] known = KNOWN.get(function.getClass());
    CapturedFunction before = known[0];
    if (before != null) {
      return before;
    }
    return take(function, null);
  }

  /**
   * The static method that {@code name} names.
   *
   * @param name {@code package.Class::method}; a nested class is {@code Outer$Inner}
   * @param arity number of its parameters
   * @param loader where its class is
   * @throws dev.podpool.function.FunctionNotFoundException if there is not exactly one such method
   */
  public static CapturedFunction named(String name, int arity, ClassLoader loader) {
    return new NamedCapture(name, arity, loader).capture(false);
  }

  /**
   * The static method that {@code name} names, with JSON in place of the values of its arguments
   * and its result. No class of the user's is initialized.
   *
   * @param name as {@link #named}, or {@code package.Class::method(int,java.lang.String)}; the
   *     package may be left out where one class in {@code archives} has that name
   * @param archives jars and folders that the class is looked for in
   */
  public static CapturedFunction namedInJson(String name, int arity, List<String> archives) {
    ClassLoader loader = new CodeLoader(archives, Capture.class.getClassLoader());
    return new NamedCapture(ClassNames.complete(name, archives, loader), arity, loader)
        .capture(true);
  }

  private static CapturedFunction take(Serializable function, @Nullable ExplicitTypes types) {
    Object replacement = replacement(function);
    if (!(replacement instanceof SerializedLambda lambda)) {
      if (replacement.getClass() == function.getClass()) {
        return new ObjectCapture(function).capture(types);
      }
      throw new CaptureException(
          "the function "
              + function.getClass().getName()
              + " replaces itself when it is serialized, and cannot travel to a worker. Pass a"
              + " method reference, a lambda or a record.");
    }
    CapturedFunction captured =
        new LambdaCapture(lambda, loader(function.getClass())).capture(types);
    if (types == null && lambda.getCapturedArgCount() == 0) {
      // Racing threads store equal values.
      KNOWN.get(function.getClass())[0] = captured;
    }
    return captured;
  }

  static ClassLoader loader(Class<?> type) {
    ClassLoader loader = type.getClassLoader();
    return loader == null ? ClassLoader.getSystemClassLoader() : loader;
  }

  private static Object replacement(Serializable function) {
    try (var probe = new Probe()) {
      probe.writeObject(function);
      return probe.seen == null ? function : probe.seen;
    } catch (IOException e) {
      throw new CaptureException(
          "the function "
              + function.getClass().getName()
              + " cannot be taken apart ("
              + e.getMessage()
              + "). Pass a method reference, a lambda or a record.");
    }
  }

  /** Sees what its one object becomes, after writeReplace, and writes null in its place. */
  private static final class Probe extends ObjectOutputStream {
    @Nullable Object seen;

    Probe() throws IOException {
      super(OutputStream.nullOutputStream());
      enableReplaceObject(true);
    }

    @Override
    protected @Nullable Object replaceObject(Object object) {
      seen = object;
      return null;
    }
  }
}
