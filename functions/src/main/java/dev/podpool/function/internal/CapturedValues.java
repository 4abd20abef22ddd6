package dev.podpool.function.internal;

import dev.podpool.function.CaptureException;
import java.time.ZoneId;
import java.util.Map;
import java.util.Optional;
import java.util.stream.BaseStream;
import org.jspecify.annotations.Nullable;

/** Encodes what a function captured, and refuses what would not arrive as it was. */
final class CapturedValues {
  private static final String CANNOT_TRAVEL = ", which cannot travel to a worker. ";

  private final PayloadWriter values = new PayloadWriter();

  PayloadWriter written() {
    return values;
  }

  /**
   * @param type what the variable is declared as: the worker decodes it by this
   * @param variable for the message: "`reader`", or "a value" if the name is not known
   * @param place "the lambda at Index.java:41"
   */
  void add(Class<?> type, @Nullable Object value, String variable, String place) {
    if (!canTravel(type) || !isExactly(type, value)) {
      throw refused(type, value, place + " captures " + variable);
    }
    Codecs.of(type).encode(value, values);
  }

  private static CaptureException refused(Class<?> type, @Nullable Object value, String what) {
    Class<?> actual = value == null || isContainer(type) ? type : shown(type, value);
    if (!actual.equals(type) && canTravel(actual)) {
      return new CaptureException(
          what
              + " ("
              + type.getTypeName()
              + ")"
              + CANNOT_TRAVEL
              + "Declare it as what it is: "
              + actual.getTypeName()
              + ".");
    }
    return new CaptureException(what + " (" + actual.getTypeName() + ")" + remedy(actual));
  }

  /** The object whose method this is: a lambda's `this`, or what stands before the `::`. */
  String addReceiver(Object receiver, boolean isThis, String place) {
    Class<?> type = receiver instanceof Enum<?> e ? e.getDeclaringClass() : receiver.getClass();
    if (!canTravel(type)) {
      throw new CaptureException(
          place
              + (isThis ? " captures `this` (" : " captures its receiver (")
              + type.getTypeName()
              + ")"
              + (isThis && !isResource(type)
                  ? CANNOT_TRAVEL
                      + "Copy the fields that it uses into local variables, make its method static,"
                      + " or make its class a record."
                  : remedy(type)));
    }
    Codecs.of(type).encode(receiver, values);
    return type.getName();
  }

  private static boolean canTravel(Class<?> type) {
    return type == byte[].class
        || ((ConcreteTypes.isScalar(type) || type.isRecord() || isHandle(type))
            && ConcreteTypes.problem(type) == null);
  }

  private static boolean isHandle(Class<?> type) {
    return Referenced.class.isAssignableFrom(type);
  }

  private static boolean isExactly(Class<?> type, @Nullable Object value) {
    return value == null
        || type.isPrimitive()
        || value.getClass() == type
        || (type.isEnum() && type.isInstance(value))
        || (type == ZoneId.class && value instanceof ZoneId);
  }

  /** What the value is says more than what it is declared as, unless the name is of no use. */
  private static Class<?> shown(Class<?> type, Object value) {
    return value.getClass().isHidden() || value.getClass().isAnonymousClass()
        ? type
        : value.getClass();
  }

  private static boolean isContainer(Class<?> type) {
    if (isHandle(type)) {
      return type.getTypeParameters().length > 0;
    }
    if (isResource(type)) { // DirectoryStream iterates too
      return false;
    }
    return type == Optional.class
        || Map.class.isAssignableFrom(type)
        || (Iterable.class.isAssignableFrom(type) && type.getTypeParameters().length > 0);
  }

  private static boolean isResource(Class<?> type) {
    return AutoCloseable.class.isAssignableFrom(type);
  }

  private static String remedy(Class<?> type) {
    if (isContainer(type)) {
      return ", whose element type the compiler erased. Wrap it in a record, or pass it as an"
          + " argument.";
    }
    if (BaseStream.class.isAssignableFrom(type)) {
      return CANNOT_TRAVEL + "Collect it, and pass that as an argument.";
    }
    if (isResource(type)) {
      String name = type.getPackageName();
      boolean file = name.startsWith("java.io") || name.contains("nio");
      return CANNOT_TRAVEL
          + (file
              ? "Open it inside the function, or pass its path."
              : "Open it inside the function.");
    }
    if (type.isRecord()) {
      String problem = ConcreteTypes.problem(type);
      return CANNOT_TRAVEL + "It is " + problem + ": give that its full type.";
    }
    if (type.getName().startsWith("java.util.concurrent.") || type == Thread.class) {
      return CANNOT_TRAVEL
          + "Nothing is shared with a worker but what a Podpool shares, as SharedLock or SharedMap:"
          + " take such a one, or return what it would change.";
    }
    if (type.isArray()) {
      return CANNOT_TRAVEL + "Wrap it in a record, or pass it as an argument.";
    }
    if (type == java.io.File.class || java.nio.file.Path.class.isAssignableFrom(type)) {
      return CANNOT_TRAVEL + "Capture its toString().";
    }
    return CANNOT_TRAVEL + "Make its type a record, or build it inside the function.";
  }
}
