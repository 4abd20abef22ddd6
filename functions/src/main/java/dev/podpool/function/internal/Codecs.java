package dev.podpool.function.internal;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/** Finds the codec for a type. */
public final class Codecs {
  private static volatile boolean jackson;

  private Codecs() {}

  /** Lets go of the classes that codecs were asked for, so that their loader can be unloaded. */
  public static void forgetClasses() {
    if (jackson) {
      JacksonCodec.forgetClasses();
    }
  }

  /**
   * The codec of {@code type}. Payloads are JSON in UTF-8, but {@code byte[]} is a {@code B} and
   * the bytes as they are. Numbers, truth values, strings, enums, handles and {@code byte[]} load
   * no JSON library; everything else is Jackson's.
   *
   * @param type concrete, by {@link ConcreteTypes#problem}; what another decodes to is not defined
   */
  @SuppressWarnings("unchecked") // a codec's T is its type
  public static <T> Codec<T> of(Type type) {
    return (Codec<T>) find(type);
  }

  /** JSON text in place of results of any type. */
  @SuppressWarnings("unchecked") // it decodes to a String
  public static Codec<String> json() {
    return (Codec<String>) (Codec<?>) new JsonText(Object.class);
  }

  private static Codec<?> find(Type type) {
    if (!(type instanceof Class<?> raw)) {
      return type instanceof ParameterizedType generic
              && generic.getRawType() instanceof Class<?> handle
              && Referenced.class.isAssignableFrom(handle)
          ? new ReferenceCodec(type)
          : byJackson(type);
    }
    if (raw == int.class || raw == Integer.class) {
      return new NumberCodecs.OfInt(raw);
    }
    if (raw == String.class) {
      return new TextCodecs.OfString(raw);
    }
    if (raw == long.class || raw == Long.class) {
      return new NumberCodecs.OfLong(raw);
    }
    if (raw == double.class || raw == Double.class) {
      return new NumberCodecs.OfDouble(raw);
    }
    if (raw == boolean.class || raw == Boolean.class) {
      return new NumberCodecs.OfBoolean(raw);
    }
    if (raw == byte[].class) {
      return new TextCodecs.OfBytes();
    }
    if (raw == float.class || raw == Float.class) {
      return new NumberCodecs.OfFloat(raw);
    }
    if (raw == short.class || raw == Short.class) {
      return new NumberCodecs.OfShort(raw);
    }
    if (raw == byte.class || raw == Byte.class) {
      return new NumberCodecs.OfByte(raw);
    }
    if (raw == char.class || raw == Character.class) {
      return new TextCodecs.OfChar(raw);
    }
    if (raw == void.class) {
      return VoidCodec.INSTANCE;
    }
    if (raw.isEnum()) {
      return ofEnum(raw);
    }
    return Referenced.class.isAssignableFrom(raw) ? new ReferenceCodec(raw) : byJackson(raw);
  }

  private static Codec<?> byJackson(Type type) {
    jackson = true;
    return new JacksonCodec(type);
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // isEnum says that it is one
  private static Codec<?> ofEnum(Class<?> constants) {
    return new TextCodecs.OfEnum(constants);
  }
}
