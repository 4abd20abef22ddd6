package dev.podpool.function.internal;

import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/** Numbers and truth values as JSON, without a JSON library: it would double a child's start. */
final class NumberCodecs {
  private static final int LONG_DIGITS_MAX = 20;

  private NumberCodecs() {}

  /** Whole numbers, of any of the four sizes. */
  abstract static class Whole<T extends Number> extends JsonCodec<T> {
    private final long min;
    private final long max;

    Whole(Type type, long min, long max) {
      super(type);
      this.min = min;
      this.max = max;
    }

    final void writeLong(long value, PayloadWriter out) {
      if (value == Long.MIN_VALUE) {
        out.writeAscii("-9223372036854775808");
        return;
      }
      out.ensure(LONG_DIGITS_MAX);
      byte[] buffer = out.buffer();
      int at = out.position();
      long rest = value;
      if (value < 0) {
        buffer[at++] = '-';
        rest = -value;
      }
      int end = at + digits(rest);
      out.position(end);
      if (rest <= Integer.MAX_VALUE) { // int division is several times faster
        int small = (int) rest;
        do {
          buffer[--end] = (byte) ('0' + small % 10);
          small /= 10;
        } while (small != 0);
        return;
      }
      do {
        buffer[--end] = (byte) ('0' + rest % 10);
        rest /= 10;
      } while (rest != 0);
    }

    private static int digits(long value) {
      int digits = 1;
      for (long bound = 10; digits < 19 && value >= bound; bound *= 10) {
        digits++;
      }
      return digits;
    }

    final long readLong(byte[] buffer, int offset, int length) {
      int end = offset + length;
      int at = offset;
      boolean negative = length > 0 && buffer[at] == '-';
      if (negative) {
        at++;
      }
      if (at == end || end - at > 18) {
        return readSlowly(buffer, offset, length);
      }
      long value = 0;
      while (at < end) {
        int digit = buffer[at++] - '0';
        if (digit < 0 || digit > 9) {
          return readSlowly(buffer, offset, length);
        }
        value = value * 10 + digit;
      }
      value = negative ? -value : value;
      if (value < min || value > max) {
        throw notDecoded(length, null);
      }
      return value;
    }

    private long readSlowly(byte[] buffer, int offset, int length) {
      try {
        long value = Long.parseLong(ascii(buffer, offset, length).trim());
        if (value >= min && value <= max) {
          return value;
        }
      } catch (NumberFormatException e) {
        throw notDecoded(length, null);
      }
      throw notDecoded(length, null);
    }
  }

  static final class OfInt extends Whole<Integer> {
    OfInt(Type type) {
      super(type, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    @Override
    void write(Integer value, PayloadWriter out) {
      writeLong(value, out);
    }

    @Override
    public @Nullable Integer decode(byte[] buffer, int offset, int length) {
      return isNull(buffer, offset, length)
          ? null
          : (Integer) (int) readLong(buffer, offset, length);
    }
  }

  static final class OfLong extends Whole<Long> {
    OfLong(Type type) {
      super(type, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    @Override
    void write(Long value, PayloadWriter out) {
      writeLong(value, out);
    }

    @Override
    public @Nullable Long decode(byte[] buffer, int offset, int length) {
      return isNull(buffer, offset, length) ? null : (Long) readLong(buffer, offset, length);
    }
  }

  static final class OfShort extends Whole<Short> {
    OfShort(Type type) {
      super(type, Short.MIN_VALUE, Short.MAX_VALUE);
    }

    @Override
    void write(Short value, PayloadWriter out) {
      writeLong(value, out);
    }

    @Override
    public @Nullable Short decode(byte[] buffer, int offset, int length) {
      return isNull(buffer, offset, length)
          ? null
          : (Short) (short) readLong(buffer, offset, length);
    }
  }

  static final class OfByte extends Whole<Byte> {
    OfByte(Type type) {
      super(type, Byte.MIN_VALUE, Byte.MAX_VALUE);
    }

    @Override
    void write(Byte value, PayloadWriter out) {
      writeLong(value, out);
    }

    @Override
    public @Nullable Byte decode(byte[] buffer, int offset, int length) {
      return isNull(buffer, offset, length) ? null : (Byte) (byte) readLong(buffer, offset, length);
    }
  }

  /** As {@code Double.toString}; NaN and the infinities, which JSON lacks, as strings. */
  static final class OfDouble extends JsonCodec<Double> {
    OfDouble(Type type) {
      super(type);
    }

    @Override
    void write(Double value, PayloadWriter out) {
      boolean quoted = !Double.isFinite(value);
      writeQuotedIf(quoted, value.toString(), out);
    }

    @Override
    public @Nullable Double decode(byte[] buffer, int offset, int length) {
      if (isNull(buffer, offset, length)) {
        return null;
      }
      try {
        return Double.valueOf(unquoted(buffer, offset, length));
      } catch (NumberFormatException e) {
        throw notDecoded(length, null);
      }
    }
  }

  /** As {@link OfDouble}. */
  static final class OfFloat extends JsonCodec<Float> {
    OfFloat(Type type) {
      super(type);
    }

    @Override
    void write(Float value, PayloadWriter out) {
      writeQuotedIf(!Float.isFinite(value), value.toString(), out);
    }

    @Override
    public @Nullable Float decode(byte[] buffer, int offset, int length) {
      if (isNull(buffer, offset, length)) {
        return null;
      }
      try {
        return Float.valueOf(unquoted(buffer, offset, length));
      } catch (NumberFormatException e) {
        throw notDecoded(length, null);
      }
    }
  }

  static final class OfBoolean extends JsonCodec<Boolean> {
    OfBoolean(Type type) {
      super(type);
    }

    @Override
    void write(Boolean value, PayloadWriter out) {
      out.writeAscii(value ? "true" : "false");
    }

    @Override
    public @Nullable Boolean decode(byte[] buffer, int offset, int length) {
      if (isNull(buffer, offset, length)) {
        return null;
      }
      return switch (ascii(buffer, offset, length).trim()) {
        case "true" -> true;
        case "false" -> false;
        default -> throw notDecoded(length, null);
      };
    }
  }

  private static void writeQuotedIf(boolean quoted, String text, PayloadWriter out) {
    if (quoted) {
      out.write('"');
    }
    out.writeAscii(text);
    if (quoted) {
      out.write('"');
    }
  }

  private static String unquoted(byte[] buffer, int offset, int length) {
    boolean quoted = length >= 2 && buffer[offset] == '"' && buffer[offset + length - 1] == '"';
    return quoted
        ? JsonCodec.ascii(buffer, offset + 1, length - 2)
        : JsonCodec.ascii(buffer, offset, length);
  }
}
