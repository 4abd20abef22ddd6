package dev.podpool.function;

import org.jspecify.annotations.Nullable;

/** The arguments of one call, for functions that take several. */
public sealed interface Tuple permits Tuple2, Tuple3, Tuple4 {

  /** Two arguments; any may be null. */
  static <A extends @Nullable Object, B extends @Nullable Object> Tuple2<A, B> of(
      A first, B second) {
    return new Tuple2<>(first, second);
  }

  /** Three arguments; any may be null. */
  static <A extends @Nullable Object, B extends @Nullable Object, C extends @Nullable Object>
      Tuple3<A, B, C> of(A first, B second, C third) {
    return new Tuple3<>(first, second, third);
  }

  /** Four arguments; any may be null. */
  static <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object>
      Tuple4<A, B, C, D> of(A first, B second, C third, D fourth) {
    return new Tuple4<>(first, second, third, fourth);
  }

  /** The arguments in order, in a new array. */
  @Nullable Object[] toArray();
}
