package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.function.DecodeException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Keys of one type as bytes: equal keys give equal bytes, whoever encodes them. docs/semantics.md
 * describes the form. Immutable and thread-safe.
 */
abstract class KeyCodec<K> {

  /** The queue's limit. */
  static final int BYTES_MAX = 1 << 10;

  private static final byte ENUM = 'e';
  private static final byte NUMBER = 'n';
  private static final byte STRING = 's';
  private static final byte UUID_ = 'u';

  private final Class<K> type;

  private KeyCodec(Class<K> type) {
    this.type = type;
  }

  /**
   * @throws IllegalArgumentException if keys of that type can't be compared as bytes
   */
  @SuppressWarnings("unchecked") // each is of the class that was compared
  static <K> KeyCodec<K> of(Class<K> type) {
    if (type == String.class) {
      return (KeyCodec<K>) new OfString();
    }
    if (type == UUID.class) {
      return (KeyCodec<K>) new OfUuid();
    }
    if (type == Long.class || type == Integer.class || type == Short.class || type == Byte.class) {
      return new OfNumber<>(type);
    }
    if (type.isEnum()) {
      return new OfEnum<>(type);
    }
    throw new IllegalArgumentException(
        "keys of type "
            + type.getTypeName()
            + " are not for a shared map; take String, Long, Integer, Short, Byte, UUID or an enum");
  }

  /**
   * @throws IllegalArgumentException if it takes more than 1 KiB, or is no text
   * @throws NullPointerException for null
   */
  final ByteString encode(K key) {
    ByteString encoded =
        bytes(Objects.requireNonNull(key, "a key of a shared map is null; only values may be"));
    if (encoded.size() > BYTES_MAX) {
      throw new IllegalArgumentException(
          "a key takes "
              + encoded.size()
              + " bytes, and a shared map's at most "
              + BYTES_MAX
              + "; take a shorter one, a digest of it for example");
    }
    return encoded;
  }

  /** Null: there is no such key in a map of this type. */
  final @Nullable K cast(Object key) {
    return type.isInstance(key) ? type.cast(key) : null;
  }

  /**
   * @throws DecodeException if it is a key of another type
   */
  final K decode(ByteString bytes) {
    K key = bytes.isEmpty() ? null : key(bytes.byteAt(0), bytes.substring(1));
    if (key == null) {
      throw new DecodeException(
          "a key of "
              + bytes.size()
              + " bytes is no "
              + type.getTypeName()
              + "; open the map with the type of key that it was filled with");
    }
    return key;
  }

  abstract ByteString bytes(K key);

  /** Null: it is of another type. */
  abstract @Nullable K key(byte tag, ByteString bytes);

  private static ByteString tagged(byte tag, ByteString bytes) {
    return ByteString.copyFrom(new byte[] {tag}).concat(bytes);
  }

  private static ByteString utf8(byte tag, String text) {
    try {
      // Half of a surrogate pair has no bytes of its own: two keys would be one.
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      return tagged(tag, ByteString.copyFrom(bytes));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "a key has half of a surrogate pair, which is no text; take well-formed strings", e);
    }
  }

  private static final class OfString extends KeyCodec<String> {
    OfString() {
      super(String.class);
    }

    @Override
    ByteString bytes(String key) {
      return utf8(STRING, key);
    }

    @Override
    @Nullable String key(byte tag, ByteString bytes) {
      return tag == STRING ? bytes.toStringUtf8() : null;
    }
  }

  /** By name: its ordinal changes with the next constant. */
  private static final class OfEnum<K> extends KeyCodec<K> {
    private final Class<K> type;

    OfEnum(Class<K> type) {
      super(type);
      this.type = type;
    }

    @Override
    ByteString bytes(K key) {
      return utf8(ENUM, ((Enum<?>) key).name());
    }

    @Override
    @Nullable K key(byte tag, ByteString bytes) {
      for (K each : type.getEnumConstants()) {
        if (tag == ENUM && ((Enum<?>) each).name().equals(bytes.toStringUtf8())) {
          return each;
        }
      }
      return null;
    }
  }

  private static final class OfUuid extends KeyCodec<UUID> {
    OfUuid() {
      super(UUID.class);
    }

    @Override
    ByteString bytes(UUID key) {
      ByteBuffer bytes = ByteBuffer.allocate(17).put(UUID_);
      bytes.putLong(key.getMostSignificantBits()).putLong(key.getLeastSignificantBits()).flip();
      return ByteString.copyFrom(bytes);
    }

    @Override
    @Nullable UUID key(byte tag, ByteString bytes) {
      if (tag != UUID_ || bytes.size() != 16) {
        return null;
      }
      ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
      return new UUID(buffer.getLong(), buffer.getLong());
    }
  }

  /** Equal numbers are equal keys, whatever their width. */
  private static final class OfNumber<K> extends KeyCodec<K> {
    private final Class<K> type;

    OfNumber(Class<K> type) {
      super(type);
      this.type = type;
    }

    @Override
    ByteString bytes(K key) {
      // The sign turned around, so that negative ones come first.
      long bits = ((Number) key).longValue() ^ Long.MIN_VALUE;
      return ByteString.copyFrom(ByteBuffer.allocate(9).put(NUMBER).putLong(bits).flip());
    }

    @Override
    @Nullable K key(byte tag, ByteString bytes) {
      if (tag != NUMBER || bytes.size() != 8) {
        return null;
      }
      long number = bytes.asReadOnlyByteBuffer().getLong() ^ Long.MIN_VALUE;
      Number key;
      if (type == Long.class) {
        key = number;
      } else if (type == Integer.class) {
        key = (int) number;
      } else if (type == Short.class) {
        key = (short) number;
      } else {
        key = (byte) number;
      }
      return key.longValue() == number ? type.cast(key) : null;
    }
  }
}
