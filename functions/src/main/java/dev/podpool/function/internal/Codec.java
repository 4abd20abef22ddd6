package dev.podpool.function.internal;

import org.jspecify.annotations.Nullable;

/**
 * Values of one type to bytes and back. Immutable and thread-safe.
 *
 * @param <T> the type, boxed
 */
public interface Codec<T> {

  /**
   * Appends {@code value} to {@code out} as one payload.
   *
   * @throws dev.podpool.function.EncodeException if it can't be encoded, is larger than {@code out}
   *     accepts, or is null where the type is a primitive; {@code out} is then as it was
   */
  void encode(@Nullable T value, PayloadWriter out);

  /**
   * The value in {@code length} bytes of {@code buffer}, from {@code offset}: one payload, without
   * its length.
   *
   * @throws dev.podpool.function.DecodeException if they are not a value of this type
   */
  @Nullable T decode(byte[] buffer, int offset, int length);
}
