package dev.podpool.function;

import org.jspecify.annotations.Nullable;

/** The two arguments of one call of a starmap. Any may be null. */
public record Tuple2<A extends @Nullable Object, B extends @Nullable Object>(A first, B second)
    implements Tuple {

  @Override
  public @Nullable Object[] toArray() {
    return new @Nullable Object[] {first, second};
  }
}
