package dev.podpool.function;

import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.function.internal.NamedCall;
import dev.podpool.function.internal.Precaptured;
import java.io.File;
import java.lang.reflect.Type;
import java.util.List;
import java.util.stream.Stream;

/**
 * A static method by its name, in code that this JVM need not have: its arguments and its result
 * are JSON here, and values of their types in the worker. For command lines and other programs that
 * are told what to run.
 *
 * <pre>{@code
 * String jar = "index.jar";
 * try (Podpool podpool = Podpool.connect(ConnectOptions.defaults().withCode(jar));
 *     Pool pool = podpool.pool("index")) {
 *   String words = pool.apply(NamedFunction.of("Index::words", 1, jar), List.of("\"a.txt\""));
 * }
 * }</pre>
 *
 * <p>Its input is a list of JSON texts, one for each parameter. No class of the user's is
 * initialized here, so whether an input fits its type is known only as far as that type is the
 * JDK's; the rest fails in the worker.
 */
public final class NamedFunction implements RemoteFunction<List<String>, String>, Precaptured {
  private static final long serialVersionUID = 1L;

  private final transient CapturedFunction captured;

  private NamedFunction(CapturedFunction captured) {
    this.captured = captured;
  }

  /**
   * The method that {@code name} names.
   *
   * @param name {@code package.Class::method}, where the package may be left out if one class of
   *     {@code classPath} has that name, a nested class is {@code Outer$Inner}, and overloads are
   *     told apart by their types: {@code Class::method(int,String)}
   * @param parameters number of its parameters
   * @param classPath in the form of {@code java.class.path}; may be empty for the JDK's own
   * @throws FunctionNotFoundException if there is not exactly one such method; names candidates
   * @throws ErasedTypeException if the type of a parameter or of the result is not known well
   *     enough
   */
  public static NamedFunction of(String name, int parameters, String classPath) {
    List<String> archives =
        Stream.of(classPath.split(File.pathSeparator, -1))
            .filter(entry -> !entry.isEmpty())
            .toList();
    for (String archive : archives) {
      if (!new File(archive).exists()) {
        throw new FunctionNotFoundException(archive + ": no such file; check the path");
      }
    }
    return new NamedFunction(Capture.namedInJson(name, parameters, archives));
  }

  /** Class and method. */
  public String name() {
    return captured.name();
  }

  /** Of its parameters, in order. Their classes are loaded, and not initialized. */
  public List<Type> parameterTypes() {
    return captured.argumentTypes();
  }

  /**
   * The input that a command line's words stand for. A word is taken as it is where the parameter
   * is a {@code String}, a {@code char} or an enum; for every other it is JSON.
   *
   * @throws IllegalArgumentException if there are not as many as parameters
   */
  public List<String> input(List<String> words) {
    return NamedCall.input(captured.argumentTypes(), words);
  }

  /**
   * Runs the method in this JVM, and so with the classes that this JVM has.
   *
   * @param input JSON texts, one for each parameter
   * @return JSON
   */
  @Override
  public String apply(List<String> input) throws Exception {
    return NamedCall.run(captured, input);
  }

  /** For Podpool itself. */
  @Override
  public CapturedFunction captured() {
    return captured;
  }
}
