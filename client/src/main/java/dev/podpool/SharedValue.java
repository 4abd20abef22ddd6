package dev.podpool;

import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ValueSpec;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One value between processes, as {@code Manager().Value()}. It may be null; it takes 1 MiB at
 * most, or is refused with an {@link dev.podpool.function.EncodeException} before anything is sent.
 *
 * <p>Changes throw {@link OutcomeUnknownException} if the session ends before the queue answers.
 */
public final class SharedValue<T extends @Nullable Object> extends SharedObject {

  private final Cells<T> cells;

  SharedValue(ObjectLink link, ObjectRef ref, @Nullable ObjectSpec spec, ValueCodec<T> values) {
    super(link, ref, spec);
    cells = new Cells<>(this, values, null);
  }

  private SharedValue(SharedValue<T> same, SharedLock guard) {
    super(same);
    cells = same.cells.guardedBy(this, guard);
  }

  static ObjectRef ref(@Nullable String name) {
    return ref(ObjectKind.VALUE, name);
  }

  static <T extends @Nullable Object> ObjectSpec spec(ValueCodec<T> values, T initial) {
    return ObjectSpec.newBuilder()
        .setValue(ValueSpec.newBuilder().setInitial(values.encode(initial)))
        .build();
  }

  /**
   * The same value, which is changed only while {@code lock} is held by that handle, as {@link
   * SharedMap#guardedBy}.
   */
  public SharedValue<T> guardedBy(SharedLock lock) {
    return new SharedValue<>(this, ofThisConnection(lock));
  }

  @SuppressWarnings("NullAway") // what is there is a T, which null may be
  public T get() {
    return getVersioned().value();
  }

  public Versioned<T> getVersioned() {
    return cells.read(0);
  }

  /**
   * @return what was there before
   */
  public T set(T value) {
    return cells.set(0, value);
  }

  /**
   * Sets, if what is there has that version: that of {@link #getVersioned}.
   *
   * @throws IllegalArgumentException if {@code version} is below 1
   */
  public Change<T> setIfVersion(long version, T value) {
    return cells.setIfVersion(0, version, value);
  }

  /**
   * Sets, if what is there equals {@code expected}.
   *
   * @return false: it does not
   */
  public boolean compareAndSet(T expected, T value) {
    return cells.compareAndSet(0, expected, value);
  }

  /**
   * Sets what {@code function} makes of what is there. Runs it here, and again when others change
   * the value meanwhile.
   *
   * @return what is there now
   */
  public T update(UnaryOperator<T> function) {
    return cells.update(0, function);
  }

  /**
   * Adds; wraps around. To a {@code Long} in the queue itself, which is one operation however many
   * do it; to an {@code Integer} as {@link #update}.
   *
   * @return the sum
   * @throws IllegalStateException if this is of another type; {@link #update} adds to those
   */
  public long addAndGet(long delta) {
    return cells.addAndGet(0, delta);
  }
}
