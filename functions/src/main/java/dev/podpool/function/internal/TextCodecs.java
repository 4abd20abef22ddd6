package dev.podpool.function.internal;

import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Strings, characters, enum constants and raw bytes, without a JSON library. */
final class TextCodecs {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /** The longest that one char becomes: a backslash, u and four digits. */
  private static final int CHAR_BYTES_MAX = 6;

  /** What precedes raw bytes: no JSON value begins with it. */
  private static final byte RAW = 'B';

  private TextCodecs() {}

  static final class OfString extends JsonCodec<String> {
    OfString(Type type) {
      super(type);
    }

    @Override
    void write(String value, PayloadWriter out) {
      writeString(value, out);
    }

    @Override
    public @Nullable String decode(byte[] buffer, int offset, int length) {
      return isNull(buffer, offset, length) ? null : readString(this, buffer, offset, length);
    }
  }

  static final class OfChar extends JsonCodec<Character> {
    OfChar(Type type) {
      super(type);
    }

    @Override
    void write(Character value, PayloadWriter out) {
      writeString(String.valueOf((char) value), out);
    }

    @Override
    public @Nullable Character decode(byte[] buffer, int offset, int length) {
      if (isNull(buffer, offset, length)) {
        return null;
      }
      String text = readString(this, buffer, offset, length);
      if (text.length() != 1) {
        throw notDecoded(length, null);
      }
      return text.charAt(0);
    }
  }

  /** By name, whatever {@code toString} says. */
  static final class OfEnum<E extends Enum<E>> extends JsonCodec<Enum<?>> {
    private final Class<E> constants;

    OfEnum(Class<E> constants) {
      super(constants);
      this.constants = constants;
    }

    @Override
    void write(Enum<?> value, PayloadWriter out) {
      writeString(constants.cast(value).name(), out);
    }

    @Override
    public @Nullable E decode(byte[] buffer, int offset, int length) {
      if (isNull(buffer, offset, length)) {
        return null;
      }
      try {
        return Enum.valueOf(constants, readString(this, buffer, offset, length));
      } catch (IllegalArgumentException e) {
        throw notDecoded(length, null);
      }
    }
  }

  /** One byte and then the bytes as they are. */
  static final class OfBytes extends JsonCodec<byte[]> {
    OfBytes() {
      super(byte[].class);
    }

    @Override
    void write(byte[] value, PayloadWriter out) {
      out.write(RAW);
      out.write(value, 0, value.length);
    }

    @Override
    public byte @Nullable [] decode(byte[] buffer, int offset, int length) {
      if (isNull(buffer, offset, length)) {
        return null;
      }
      if (length == 0 || buffer[offset] != RAW) {
        throw notDecoded(length, null);
      }
      return Arrays.copyOfRange(buffer, offset + 1, offset + length);
    }
  }

  private static void writeString(String value, PayloadWriter out) {
    int length = value.length();
    out.ensure(length + 2);
    byte[] buffer = out.buffer();
    int at = out.position();
    buffer[at++] = '"';
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if (c < 0x80 && c >= ' ' && c != '"' && c != '\\') {
        buffer[at++] = (byte) c;
      } else {
        out.position(at);
        writeFrom(i, value, out);
        return;
      }
    }
    buffer[at++] = '"';
    out.position(at);
  }

  private static void writeFrom(int start, String value, PayloadWriter out) {
    for (int i = start; i < value.length(); i++) {
      out.ensure(CHAR_BYTES_MAX);
      byte[] buffer = out.buffer();
      int at = out.position();
      char c = value.charAt(i);
      if (c < 0x80) {
        at = writeAscii(c, buffer, at);
      } else if (c < 0x800) {
        buffer[at++] = (byte) (0xc0 | (c >> 6));
        buffer[at++] = (byte) (0x80 | (c & 0x3f));
      } else if (!Character.isSurrogate(c)) {
        buffer[at++] = (byte) (0xe0 | (c >> 12));
        buffer[at++] = (byte) (0x80 | ((c >> 6) & 0x3f));
        buffer[at++] = (byte) (0x80 | (c & 0x3f));
      } else if (Character.isHighSurrogate(c)
          && i + 1 < value.length()
          && Character.isLowSurrogate(value.charAt(i + 1))) {
        int point = Character.toCodePoint(c, value.charAt(++i));
        buffer[at++] = (byte) (0xf0 | (point >> 18));
        buffer[at++] = (byte) (0x80 | ((point >> 12) & 0x3f));
        buffer[at++] = (byte) (0x80 | ((point >> 6) & 0x3f));
        buffer[at++] = (byte) (0x80 | (point & 0x3f));
      } else { // unpaired: UTF-8 has no place for it, an escape does
        at = writeEscape(c, buffer, at);
      }
      out.position(at);
    }
    out.write('"');
  }

  private static int writeAscii(char c, byte[] buffer, int position) {
    int at = position;
    int letter =
        switch (c) {
          case '"', '\\' -> c;
          case '\b' -> 'b';
          case '\f' -> 'f';
          case '\n' -> 'n';
          case '\r' -> 'r';
          case '\t' -> 't';
          default -> 0;
        };
    if (letter != 0) {
      buffer[at++] = '\\';
      buffer[at++] = (byte) letter;
    } else if (c < ' ') {
      at = writeEscape(c, buffer, at);
    } else {
      buffer[at++] = (byte) c;
    }
    return at;
  }

  private static int writeEscape(char c, byte[] buffer, int position) {
    int at = position;
    buffer[at++] = '\\';
    buffer[at++] = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
      buffer[at++] = HEX[(c >> shift) & 0xf];
    }
    return at;
  }

  private static String readString(JsonCodec<?> codec, byte[] buffer, int offset, int length) {
    int start = offset;
    int end = offset + length;
    while (start < end && isSpace(buffer[start])) {
      start++;
    }
    while (end > start && isSpace(buffer[end - 1])) {
      end--;
    }
    if (end - start < 2 || buffer[start] != '"' || buffer[end - 1] != '"') {
      throw codec.notDecoded(length, null);
    }
    start++;
    end--;
    boolean escaped = false;
    int bits = 0;
    for (int i = start; i < end; i++) {
      byte b = buffer[i];
      bits |= b;
      escaped |= b == '\\';
      if (b == '"' && !escaped) {
        throw codec.notDecoded(length, null);
      }
    }
    if (escaped) {
      return unescape(codec, buffer, start, end, length);
    }
    return bits < 0
        ? new String(buffer, start, end - start, StandardCharsets.UTF_8)
        : JsonCodec.ascii(buffer, start, end - start);
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  private static String unescape(
      JsonCodec<?> codec, byte[] buffer, int start, int end, int length) {
    var text = new StringBuilder(end - start);
    int plain = start;
    int at = start;
    while (at < end) {
      byte b = buffer[at];
      if (b == '"') {
        throw codec.notDecoded(length, null);
      }
      if (b != '\\') {
        at++;
        continue;
      }
      text.append(new String(buffer, plain, at - plain, StandardCharsets.UTF_8));
      if (at + 1 >= end) {
        throw codec.notDecoded(length, null);
      }
      byte letter = buffer[at + 1];
      at += 2;
      if (letter == 'u') {
        text.append(hex(codec, buffer, at, end, length));
        at += 4;
      } else {
        text.append(escaped(codec, letter, length));
      }
      plain = at;
    }
    return text.append(new String(buffer, plain, end - plain, StandardCharsets.UTF_8)).toString();
  }

  private static char escaped(JsonCodec<?> codec, byte letter, int length) {
    return switch (letter) {
      case '"', '\\', '/' -> (char) letter;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> throw codec.notDecoded(length, null);
    };
  }

  private static char hex(JsonCodec<?> codec, byte[] buffer, int at, int end, int length) {
    int value = 0;
    for (int i = at; i < at + 4; i++) {
      int digit = i < end ? Character.digit(buffer[i], 16) : -1;
      if (digit < 0) {
        throw codec.notDecoded(length, null);
      }
      value = (value << 4) | digit;
    }
    return (char) value;
  }
}
