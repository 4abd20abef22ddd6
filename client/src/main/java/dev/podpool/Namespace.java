package dev.podpool;

import dev.podpool.function.ErasedTypeException;
import dev.podpool.function.TypeRef;
import dev.podpool.protocol.ObjectRef;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Named values between processes, each of a type of its own, as {@code Manager().Namespace()}. It
 * is a {@link SharedMap} whose keys are the names, and has its limits; the map of the same name is
 * the same object.
 */
public final class Namespace extends SharedObject {

  private static final KeyCodec<String> NAMES = KeyCodec.of(String.class);

  Namespace(ObjectLink link, ObjectRef ref) {
    super(link, ref, SharedMap.SPEC);
  }

  private <T extends @Nullable Object> SharedMap<String, T> map(ValueCodec<T> values) {
    return new SharedMap<>(this, NAMES, values);
  }

  /** For what is not about the values. */
  private SharedMap<String, String> entries() {
    return map(ValueCodec.of(link(), String.class));
  }

  /**
   * What {@code name} is.
   *
   * @throws NoSuchElementException if it was never set, or removed
   * @throws dev.podpool.function.DecodeException if it is of another type
   */
  public <T> T get(String name, Class<T> type) {
    return find(name, ValueCodec.<T>of(link(), type));
  }

  /** {@link #get(String, Class)} of a type with arguments, or of one that may be null. */
  public <T extends @Nullable Object> T get(String name, TypeRef<T> type) {
    return find(name, ValueCodec.<T>of(link(), type.type()));
  }

  @SuppressWarnings("NullAway") // what is there is a T, which null may be
  private <T extends @Nullable Object> T find(String name, ValueCodec<T> values) {
    Versioned<T> found = map(values).getVersioned(name);
    if (!found.isPresent()) {
      throw new NoSuchElementException("there is no '" + name + "' in " + this + "; set it before");
    }
    return found.value();
  }

  /**
   * Makes {@code name} be {@code value}.
   *
   * @throws ErasedTypeException if the class of {@code value} has type arguments
   */
  public void set(String name, @Nullable Object value) {
    Class<?> type;
    if (value == null) {
      type = String.class; // null is the same in all
    } else {
      type = value instanceof Enum<?> constant ? constant.getDeclaringClass() : value.getClass();
    }
    map(ValueCodec.<@Nullable Object>of(link(), type)).put(name, value);
  }

  /** {@link #set(String, Object)} of a type with arguments. */
  public <T extends @Nullable Object> void set(String name, T value, TypeRef<T> type) {
    map(ValueCodec.<T>of(link(), type.type())).put(name, value);
  }

  public boolean contains(String name) {
    return entries().containsKey(name);
  }

  /**
   * Takes {@code name} out.
   *
   * @return false: it was not there
   */
  public boolean remove(String name) {
    return entries().removeKey(name);
  }

  /** All names, in the order of their UTF-8; as {@link SharedMap#keys}. */
  public Stream<String> names() {
    return entries().keys();
  }
}
