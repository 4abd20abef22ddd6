package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.function.EncodeException;
import dev.podpool.function.ErasedTypeException;
import dev.podpool.function.internal.Codec;
import dev.podpool.function.internal.Codecs;
import dev.podpool.function.internal.ConcreteTypes;
import dev.podpool.function.internal.PayloadReader;
import dev.podpool.function.internal.PayloadWriter;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * Values of one type, or null, as one queue's shared objects hold them. Immutable and thread-safe.
 */
final class ValueCodec<T extends @Nullable Object> {

  /** The queue's limit. */
  static final int BYTES_MAX = 1 << 20;

  private final ObjectLink link;
  private final Type type;
  private final Codec<Object> codec;

  private ValueCodec(ObjectLink link, Type type) {
    this.link = link;
    this.type = type;
    codec = Codecs.of(type);
  }

  /**
   * @throws ErasedTypeException if {@code type} has a part that is not known
   */
  static <T extends @Nullable Object> ValueCodec<T> of(ObjectLink link, Type type) {
    String problem = ConcreteTypes.problem(type);
    if (problem != null) {
      throw new ErasedTypeException(
          "values of type "
              + type.getTypeName()
              + " can't be shared: "
              + problem
              + "; give new TypeRef<…>() {} with all of its arguments");
    }
    return new ValueCodec<>(link, type);
  }

  Type type() {
    return type;
  }

  /**
   * @throws EncodeException if it can't be encoded, or takes more than 1 MiB
   */
  ByteString encode(T value) {
    PayloadWriter out = new PayloadWriter();
    PayloadReader payload =
        ObjectResolver.within(
            link,
            () -> {
              codec.encode(value, out);
              return new PayloadReader(out.buffer(), 0, out.sizeBytes());
            });
    if (!payload.next() || payload.length() > BYTES_MAX) {
      throw new EncodeException(
          "a value of type "
              + type.getTypeName()
              + " takes "
              + payload.length()
              + " bytes, and a shared object holds values of "
              + BYTES_MAX
              + " at most; keep it elsewhere and share where that is (a path, a URL), or split it");
    }
    return ByteString.copyFrom(payload.buffer(), payload.offset(), payload.length());
  }

  /**
   * @throws dev.podpool.function.DecodeException if it is of another type
   */
  @SuppressWarnings({"unchecked", "NullAway"}) // the codec's type is T, which null may be
  T decode(ByteString bytes) {
    return (T)
        ObjectResolver.within(link, () -> codec.decode(bytes.toByteArray(), 0, bytes.size()));
  }
}
