package dev.podpool.function.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.podpool.function.DecodeException;
import dev.podpool.function.EncodeException;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * JSON text in place of the values of one type, which need not be usable here. Bytes, which travel
 * as they are, are a JSON string in Base64, as within a record.
 */
final class JsonText implements Codec<Object> {
  private static final int SHOWN_MAX = 40;
  private static final byte RAW = 'B';

  private final Type type;

  JsonText(Type type) {
    this.type = type;
  }

  /** {@code text} as JSON. */
  static String quote(String text) {
    PayloadWriter out = new PayloadWriter();
    Codecs.of(String.class).encode(text, out);
    PayloadReader reader = new PayloadReader(out.buffer(), 0, out.sizeBytes());
    if (!reader.next()) {
      throw new IllegalStateException("nothing was encoded");
    }
    return text(reader.buffer(), reader.offset(), reader.length());
  }

  private static String text(byte[] buffer, int offset, int length) {
    return new String(buffer, offset, length, StandardCharsets.UTF_8);
  }

  /**
   * @param value a JSON text
   */
  @Override
  public void encode(@Nullable Object value, PayloadWriter out) {
    String json = String.valueOf(value).strip();
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    try {
      check(json, bytes);
      if (type == byte[].class && !json.equals("null")) {
        bytes = raw(bytes);
      }
    } catch (DecodeException | IOException | IllegalArgumentException e) {
      throw new EncodeException("%s is no %s".formatted(shown(json), type.getTypeName()), e);
    }
    out.append(bytes, 0, bytes.length);
  }

  private static String shown(String json) {
    return json.length() <= SHOWN_MAX ? json : json.substring(0, SHOWN_MAX) + "…";
  }

  /** As far as can be told without the user's classes: those are not initialized here. */
  private void check(String json, byte[] bytes) throws IOException {
    if (type instanceof Class<?> raw && isDecodedHere(raw)) {
      var unused = Codecs.of(raw).decode(bytes, 0, bytes.length);
      return;
    }
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      JsonToken first = parser.nextToken();
      parser.skipChildren();
      if (first == null || parser.nextToken() != null) {
        throw new IOException("not one JSON value");
      }
    }
  }

  private static boolean isDecodedHere(Class<?> raw) {
    return ClassFiles.isJdk(raw)
        && ((raw.isPrimitive() && raw != void.class)
            || raw == String.class
            || raw == Boolean.class
            || raw == Character.class
            || (raw.getSuperclass() == Number.class && raw.getPackageName().equals("java.lang")));
  }

  private static byte[] raw(byte[] json) throws IOException {
    String base64 = (String) Codecs.of(String.class).decode(json, 0, json.length);
    byte[] bytes = base64 == null ? new byte[0] : Base64.getDecoder().decode(base64);
    byte[] payload = new byte[bytes.length + 1];
    payload[0] = RAW;
    System.arraycopy(bytes, 0, payload, 1, bytes.length);
    return payload;
  }

  @Override
  public String decode(byte[] buffer, int offset, int length) {
    if (length > 0 && buffer[offset] == RAW) { // no JSON value begins so
      byte[] bytes = new byte[length - 1];
      System.arraycopy(buffer, offset + 1, bytes, 0, bytes.length);
      return '"' + Base64.getEncoder().encodeToString(bytes) + '"';
    }
    return text(buffer, offset, length);
  }
}
