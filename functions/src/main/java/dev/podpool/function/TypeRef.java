package dev.podpool.function;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * A type with its generic arguments, which {@code Class} can't hold: {@code new
 * TypeRef<List<String>>() {}}, with the braces.
 *
 * @param <T> the type
 */
public abstract class TypeRef<T extends @Nullable Object> {
  private final Type type;

  /**
   * @throws IllegalArgumentException if made without a type argument
   */
  protected TypeRef() {
    if (getClass().getSuperclass() != TypeRef.class
        || !(getClass().getGenericSuperclass() instanceof ParameterizedType self)) {
      throw new IllegalArgumentException(
          "TypeRef needs its type argument, directly: new TypeRef<List<String>>() {}");
    }
    this.type = self.getActualTypeArguments()[0];
  }

  /** The type between the angle brackets. */
  public final Type type() {
    return type;
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof TypeRef<?> that && type.equals(that.type);
  }

  @Override
  public final int hashCode() {
    return type.hashCode();
  }

  @Override
  public final String toString() {
    return type.getTypeName();
  }
}
