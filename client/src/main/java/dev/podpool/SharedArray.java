package dev.podpool;

import dev.podpool.protocol.ArraySpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import java.util.AbstractList;
import java.util.Iterator;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An array between processes, as {@code Manager().Array()}: its length never changes. An element
 * may be null; it takes 1 MiB at most, or is refused with an {@link
 * dev.podpool.function.EncodeException} before anything is sent.
 *
 * <p>An index outside of it is an {@link IndexOutOfBoundsException}. Changes throw {@link
 * OutcomeUnknownException} if the session ends before the queue answers.
 */
public final class SharedArray<T extends @Nullable Object> extends SharedObject {

  private static final int LENGTH_MAX = 1_000_000;

  private final Cells<T> cells;

  SharedArray(ObjectLink link, ObjectRef ref, @Nullable ObjectSpec spec, ValueCodec<T> values) {
    super(link, ref, spec);
    cells = new Cells<>(this, values, null);
  }

  private SharedArray(SharedArray<T> same, SharedLock guard) {
    super(same);
    cells = same.cells.guardedBy(this, guard);
  }

  static ObjectRef ref(@Nullable String name) {
    return ref(ObjectKind.ARRAY, name);
  }

  static <T extends @Nullable Object> ObjectSpec spec(ValueCodec<T> values, int length, T initial) {
    if (length < 0 || length > LENGTH_MAX) {
      throw new IllegalArgumentException(
          "an array of " + length + " elements; it has 0 to " + LENGTH_MAX);
    }
    return ObjectSpec.newBuilder()
        .setArray(ArraySpec.newBuilder().setLength(length).setInitial(values.encode(initial)))
        .build();
  }

  /**
   * The same array, which is changed only while {@code lock} is held by that handle, as {@link
   * SharedMap#guardedBy}.
   */
  public SharedArray<T> guardedBy(SharedLock lock) {
    return new SharedArray<>(this, ofThisConnection(lock));
  }

  public int length() {
    return Math.toIntExact(status().getCount());
  }

  @SuppressWarnings("NullAway") // what is there is a T, which null may be
  public T get(int index) {
    return getVersioned(index).value();
  }

  public Versioned<T> getVersioned(int index) {
    return cells.read(index);
  }

  /**
   * @return what was there before
   */
  public T set(int index, T value) {
    return cells.set(index, value);
  }

  /** As {@link SharedValue#setIfVersion}: each element has a version of its own. */
  public Change<T> setIfVersion(int index, long version, T value) {
    return cells.setIfVersion(index, version, value);
  }

  /** As {@link SharedValue#compareAndSet}. */
  public boolean compareAndSet(int index, T expected, T value) {
    return cells.compareAndSet(index, expected, value);
  }

  /** As {@link SharedValue#update}. */
  public T update(int index, UnaryOperator<T> function) {
    return cells.update(index, function);
  }

  /** As {@link SharedValue#addAndGet}. */
  public long addAndGet(int index, long delta) {
    return cells.addAndGet(index, delta);
  }

  /**
   * The array as a list of fixed size. Iterators read pages of 1 MiB: an element is what it was
   * when its page was read.
   */
  public List<T> asList() {
    return new View();
  }

  private final class View extends AbstractList<T> {
    @Override
    public T get(int index) {
      return SharedArray.this.get(index);
    }

    @Override
    public T set(int index, T value) {
      return SharedArray.this.set(index, value);
    }

    @Override
    public int size() {
      return length();
    }

    @Override
    public Iterator<T> iterator() {
      return new ElementPages<>(first -> cells.page(first, 0), cells.values()::decode);
    }
  }
}
