package dev.podpool.function.internal;

import org.jspecify.annotations.Nullable;

/** The result of a method that returns none: always null. */
final class VoidCodec implements Codec<Object> {
  static final VoidCodec INSTANCE = new VoidCodec();
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};

  private VoidCodec() {}

  @Override
  public void encode(@Nullable Object value, PayloadWriter out) {
    out.append(NULL, 0, NULL.length);
  }

  @Override
  public @Nullable Object decode(byte[] buffer, int offset, int length) {
    return null;
  }
}
