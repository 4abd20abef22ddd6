package dev.podpool.function.internal;

import dev.podpool.function.DecodeException;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Types as bytes: classes by name, with their generic arguments. */
final class TypeTree {
  static final int NONE = 0;
  private static final int CLASS = 1;
  private static final int PARAMETERIZED = 2;
  private static final int ARRAY = 3;

  private static final List<Class<?>> PRIMITIVES =
      List.of(
          int.class,
          long.class,
          double.class,
          boolean.class,
          float.class,
          short.class,
          byte.class,
          char.class);

  private TypeTree() {}

  /**
   * @param type concrete, or null for {@link #NONE}
   */
  static void write(@Nullable Type type, DataOutput out) throws IOException {
    if (type == null) {
      out.writeByte(NONE);
    } else if (type instanceof Class<?> raw) {
      out.writeByte(CLASS);
      out.writeUTF(raw.getName());
    } else if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      out.writeByte(PARAMETERIZED);
      out.writeUTF(((Class<?>) generic.getRawType()).getName());
      out.writeByte(arguments.length);
      for (Type argument : arguments) {
        write(argument, out);
      }
    } else if (type instanceof GenericArrayType array) {
      out.writeByte(ARRAY);
      write(array.getGenericComponentType(), out);
    } else {
      throw new IllegalArgumentException(type.getTypeName() + " is not concrete");
    }
  }

  /** What {@link #write} was given; its classes are loaded by {@code loader}, not initialized. */
  static @Nullable Type read(DataInput in, ClassLoader loader)
      throws IOException, ClassNotFoundException {
    int tag = in.readByte();
    return switch (tag) {
      case NONE -> null;
      case CLASS -> find(in.readUTF(), loader);
      case PARAMETERIZED -> {
        Class<?> raw = find(in.readUTF(), loader);
        Type[] arguments = new Type[in.readByte()];
        for (int i = 0; i < arguments.length; i++) {
          arguments[i] = some(read(in, loader));
        }
        yield new Parameterized(raw, List.of(arguments));
      }
      case ARRAY -> new ArrayOf(some(read(in, loader)));
      default -> throw new DecodeException("a function's reference is damaged: type tag " + tag);
    };
  }

  private static Type some(@Nullable Type type) {
    if (type == null) {
      throw new DecodeException("a function's reference is damaged: a type is missing");
    }
    return type;
  }

  private static Class<?> find(String name, ClassLoader loader) throws ClassNotFoundException {
    if (name.indexOf('.') < 0) {
      for (Class<?> primitive : PRIMITIVES) {
        if (primitive.getName().equals(name)) {
          return primitive;
        }
      }
    }
    return Class.forName(name, false, loader);
  }

  record Parameterized(Class<?> raw, List<Type> arguments) implements ParameterizedType {
    @Override
    public Type[] getActualTypeArguments() {
      return arguments.toArray(new Type[0]);
    }

    @Override
    public Type getRawType() {
      return raw;
    }

    @Override
    public @Nullable Type getOwnerType() {
      return raw.getDeclaringClass();
    }

    @Override
    public String toString() {
      var text = new StringBuilder(raw.getName()).append('<');
      for (Type argument : arguments) {
        text.append(text.charAt(text.length() - 1) == '<' ? "" : ", ")
            .append(argument.getTypeName());
      }
      return text.append('>').toString();
    }
  }

  record ArrayOf(Type component) implements GenericArrayType {
    @Override
    public Type getGenericComponentType() {
      return component;
    }

    @Override
    public String toString() {
      return component.getTypeName() + "[]";
    }
  }
}
