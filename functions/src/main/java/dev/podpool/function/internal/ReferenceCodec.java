package dev.podpool.function.internal;

import dev.podpool.function.DecodeException;
import dev.podpool.function.EncodeException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Handles, as the JSON string of their reference. Loads no JSON library. */
final class ReferenceCodec extends JsonCodec<Referenced> {
  private static final int REFERENCE_LENGTH_MAX = 200;

  private final Class<?> raw;
  private final List<Type> arguments;
  private final Referenced.Resolver resolver;

  /**
   * @param type a class that is {@link Referenced}, with its arguments where it has some
   */
  ReferenceCodec(Type type) {
    super(type);
    raw = raw(type);
    arguments =
        type instanceof ParameterizedType generic
            ? List.of(generic.getActualTypeArguments())
            : List.of();
    resolver = resolver(raw);
  }

  private static Class<?> raw(Type type) {
    return type instanceof ParameterizedType generic
        ? (Class<?>) generic.getRawType()
        : (Class<?>) type;
  }

  private static Referenced.Resolver resolver(Class<?> type) {
    Referenced.ResolvedBy by = type.getAnnotation(Referenced.ResolvedBy.class);
    if (by == null) {
      throw new EncodeException(
          type.getName() + " does not say who resolves it; give it @Referenced.ResolvedBy");
    }
    try {
      var constructor = by.value().getDeclaredConstructor();
      constructor.setAccessible(true);
      return constructor.newInstance();
    } catch (ReflectiveOperationException e) {
      throw new EncodeException(
          by.value().getName() + " can't be made; it needs a constructor without arguments", e);
    }
  }

  @Override
  void write(Referenced value, PayloadWriter out) {
    out.writeAscii('"' + checked(value) + '"');
  }

  /** The reference of {@code value}, which needs no escape in JSON. */
  static String checked(Referenced value) {
    String reference = value.reference();
    if (!isReference(reference)) {
      throw new IllegalStateException(
          value.getClass().getName() + " has the reference '" + reference + "', which is none");
    }
    return reference;
  }

  private static boolean isReference(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && "-:#@".indexOf(c) < 0) {
        return false;
      }
    }
    return !text.isEmpty() && text.length() <= REFERENCE_LENGTH_MAX;
  }

  @Override
  public @Nullable Referenced decode(byte[] buffer, int offset, int length) {
    if (isNull(buffer, offset, length)) {
      return null;
    }
    if (length < 2 || buffer[offset] != '"' || buffer[offset + length - 1] != '"') {
      throw notDecoded(length, null);
    }
    return resolve(ascii(buffer, offset + 1, length - 2));
  }

  /**
   * The handle that {@code reference} stands for.
   *
   * @throws DecodeException if it can't be one
   */
  Referenced resolve(String reference) {
    if (!isReference(reference)) {
      throw notDecoded(reference.length(), null);
    }
    Referenced handle = resolver.resolve(reference, raw, arguments);
    if (!raw.isInstance(handle)) {
      throw new DecodeException(
          reference + " is a " + handle.getClass().getName() + " and no " + type.getTypeName());
    }
    return handle;
  }
}
