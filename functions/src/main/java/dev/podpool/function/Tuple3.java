package dev.podpool.function;

import org.jspecify.annotations.Nullable;

/** The three arguments of one call of a starmap. Any may be null. */
public record Tuple3<
        A extends @Nullable Object, B extends @Nullable Object, C extends @Nullable Object>(
    A first, B second, C third) implements Tuple {

  @Override
  public @Nullable Object[] toArray() {
    return new @Nullable Object[] {first, second, third};
  }
}
