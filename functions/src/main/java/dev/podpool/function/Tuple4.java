package dev.podpool.function;

import org.jspecify.annotations.Nullable;

/** The four arguments of one call of a starmap. Any may be null. */
public record Tuple4<
        A extends @Nullable Object,
        B extends @Nullable Object,
        C extends @Nullable Object,
        D extends @Nullable Object>(
    A first, B second, C third, D fourth) implements Tuple {

  @Override
  public @Nullable Object[] toArray() {
    return new @Nullable Object[] {first, second, third, fourth};
  }
}
