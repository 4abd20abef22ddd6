package dev.podpool;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
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
 * What shared objects hold, to bytes and back. Thread-safe.
 *
 * @param <E> the type of one item
 */
final class ItemCodec<E extends @Nullable Object> {

  /** The largest item. */
  static final int ITEM_BYTES_MAX = 1 << 20;

  private final Codec<Object> codec;
  private final Type type;

  private ItemCodec(Type type) {
    this.type = type;
    codec = Codecs.of(type);
  }

  /**
   * @throws ErasedTypeException if items of {@code type} can't be decoded
   */
  static <E extends @Nullable Object> ItemCodec<E> of(Type type) {
    String problem = ConcreteTypes.problem(type);
    if (problem != null) {
      throw new ErasedTypeException(
          "items of type "
              + type.getTypeName()
              + " can't be decoded: that is "
              + problem
              + "; give new TypeRef<…>() {} with all of its arguments");
    }
    return new ItemCodec<>(type);
  }

  /**
   * @throws EncodeException if it can't be encoded, or takes more than 1 MiB
   */
  ByteString encode(E item) {
    PayloadWriter writer = new PayloadWriter();
    codec.encode(item, writer);
    // Without the length before it, which the reader finds.
    PayloadReader payload = new PayloadReader(writer.buffer(), 0, writer.sizeBytes());
    if (!payload.next()) {
      throw new IllegalStateException("nothing was encoded for a " + type.getTypeName());
    }
    if (payload.length() > ITEM_BYTES_MAX) {
      throw new EncodeException(
          "an item of type "
              + type.getTypeName()
              + " takes "
              + payload.length()
              + " bytes; what processes share is at most "
              + ITEM_BYTES_MAX
              + " each: pass where it is kept (a path, a URL) in its place, or split it");
    }
    // The writer is nobody else's.
    return UnsafeByteOperations.unsafeWrap(payload.buffer(), payload.offset(), payload.length());
  }

  /**
   * @throws dev.podpool.function.DecodeException if it is no item of this type
   */
  @SuppressWarnings("unchecked") // the codec's type is E
  E decode(ByteString item) {
    byte[] bytes = item.toByteArray();
    return (E) codec.decode(bytes, 0, bytes.length);
  }
}
