package dev.podpool.function.internal;

import dev.podpool.function.CaptureException;
import dev.podpool.function.DecodeException;
import dev.podpool.function.FunctionNotFoundException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes apart, and puts together, an object whose fields travel: {@link FieldsTravel}. */
final class FieldsCapture {

  private FieldsCapture() {}

  /** Encodes the fields of {@code from}, each as it is declared. */
  static void write(FieldsTravel from, String place, PayloadWriter out) {
    for (Field field : fields(from.getClass())) {
      if (field.isSynthetic()) {
        throw new CaptureException(
            place + " holds its enclosing object, which would not travel. Make it a static class.");
      }
      String problem = ConcreteTypes.problem(field.getGenericType());
      if (problem != null) {
        throw new CaptureException(
            place
                + " has the field `"
                + field.getName()
                + "`, which is "
                + problem
                + ". Declare it with its full type, or mark it transient.");
      }
      Codecs.of(field.getGenericType()).encode(value(field, from, place), out);
    }
  }

  private static @Nullable Object value(Field field, Object from, String place) {
    try {
      field.setAccessible(true);
      return field.get(from);
    } catch (IllegalAccessException | RuntimeException e) {
      throw new CaptureException(
          place + " has the field `" + field.getName() + "`, which can't be read: " + e);
    }
  }

  /** One whose fields are what {@code in} has. */
  static Object read(Class<?> type, PayloadReader in) {
    Object made = make(type);
    for (Field field : fields(type)) {
      if (!in.next()) {
        throw new DecodeException("a function's reference is cut off; submit it again");
      }
      try {
        field.setAccessible(true);
        field.set(
            made, Codecs.of(field.getGenericType()).decode(in.buffer(), in.offset(), in.length()));
      } catch (IllegalAccessException e) {
        throw new FunctionNotFoundException(
            "the field " + field + " can't be set in the worker: " + e.getMessage(), e);
      }
    }
    return made;
  }

  /** Of the classes below that which implements {@link FieldsTravel} itself, in a fixed order. */
  private static List<Field> fields(Class<?> type) {
    List<Field> fields = new ArrayList<>();
    for (Class<?> owner = type; !isBase(owner); owner = owner.getSuperclass()) {
      for (Field field : owner.getDeclaredFields()) {
        int modifiers = field.getModifiers();
        if (!Modifier.isStatic(modifiers) && !Modifier.isTransient(modifiers)) {
          fields.add(field);
        }
      }
    }
    fields.sort(
        Comparator.comparing((Field field) -> field.getDeclaringClass().getName())
            .thenComparing(Field::getName));
    return fields;
  }

  private static boolean isBase(Class<?> type) {
    return Arrays.asList(type.getInterfaces()).contains(FieldsTravel.class);
  }

  /** As Java serialization makes objects: by a constructor of the base alone. */
  private static Object make(Class<?> type) {
    Class<?> base = type;
    while (!isBase(base)) {
      base = base.getSuperclass();
    }
    try {
      Class<?> factory = Class.forName("sun.reflect.ReflectionFactory");
      Object made =
          factory
              .getMethod("newConstructorForSerialization", Class.class, Constructor.class)
              .invoke(
                  factory.getMethod("getReflectionFactory").invoke(null),
                  type,
                  base.getDeclaredConstructor());
      return ((Constructor<?>) made).newInstance();
    } catch (ReflectiveOperationException e) {
      throw new FunctionNotFoundException(
          "a " + type.getName() + " can't be made in the worker: " + e, e);
    }
  }
}
