package dev.podpool;

import dev.podpool.protocol.ChangeValue;
import dev.podpool.protocol.Elements;
import dev.podpool.protocol.ElementsQuery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ValueChanged;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What an array and a value have in common: elements with a version each. */
final class Cells<T extends @Nullable Object> {

  private final SharedObject object;
  private final ValueCodec<T> values;
  private final @Nullable SharedLock guard;

  Cells(SharedObject object, ValueCodec<T> values, @Nullable SharedLock guard) {
    this.object = object;
    this.values = values;
    this.guard = guard;
  }

  Cells<T> guardedBy(SharedObject same, SharedLock lock) {
    return new Cells<>(same, values, lock);
  }

  ValueCodec<T> values() {
    return values;
  }

  Versioned<T> read(int index) {
    Elements found = page(requireIndex(index), 1);
    if (found.getElementsCount() == 0) {
      throw new IndexOutOfBoundsException(
          object + ": index " + index + " of " + found.getSize() + " elements");
    }
    return new Versioned<>(values.decode(found.getElements(0)), found.getVersions(0));
  }

  Elements page(long first, int limit) {
    return object
        .link()
        .read(
            object
                .query()
                .setElements(ElementsQuery.newBuilder().setFirst(first).setLimit(limit))
                .build())
        .getElements();
  }

  static int requireIndex(int index) {
    if (index < 0) {
      throw new IndexOutOfBoundsException("index " + index + " is below 0");
    }
    return index;
  }

  T set(int index, T value) {
    return values.decode(change(index, set(value)).getBefore());
  }

  Change<T> setIfVersion(int index, long version, T value) {
    if (version < 1) {
      throw new IllegalArgumentException(
          "version " + version + " is none that an element has; they begin at 1");
    }
    ValueChanged changed = change(index, set(value).setOnlyIfVersion(version));
    return new Change<>(
        !changed.getDiffers(), values.decode(changed.getBefore()), changed.getVersion());
  }

  private ChangeValue.Builder set(T value) {
    return ChangeValue.newBuilder().setSet(values.encode(value));
  }

  boolean compareAndSet(int index, T expected, T value) {
    Versioned<T> there = read(index);
    while (Objects.equals(there.value(), expected)) {
      Change<T> change = setIfVersion(index, there.version(), value);
      if (change.made()) {
        return true;
      }
      there = new Versioned<>(change.before(), change.version());
    }
    return false;
  }

  @SuppressWarnings("NullAway") // a value that is there is a T, which null may be
  T update(int index, UnaryOperator<T> function) {
    Versioned<T> there = read(index);
    while (true) {
      T next = function.apply(there.value());
      Change<T> change = setIfVersion(index, there.version(), next);
      if (change.made()) {
        return next;
      }
      there = new Versioned<>(change.before(), change.version());
    }
  }

  @SuppressWarnings("unchecked") // where values are Integer, T is
  long addAndGet(int index, long delta) {
    if (values.type() == Integer.class) {
      // The queue's numbers have 64 bits: one too large would be there for good.
      Cells<Integer> cells = (Cells<Integer>) this;
      return cells.update(index, there -> (int) (there + delta));
    }
    SharedMap.requireLongs(values);
    ValueChanged changed = change(index, ChangeValue.newBuilder().setAdd(delta));
    return (Long) Objects.requireNonNull(values.decode(changed.getAfter()));
  }

  private ValueChanged change(int index, ChangeValue.Builder change) {
    change.setObject(object.ref()).setIndex(requireIndex(index));
    if (guard != null) {
      change.setGuard(guard.guard());
    }
    Reply reply = object.link().call(Operation.newBuilder().setChangeValue(change).build());
    if (reply.hasRefusal()) {
      throw reply.getRefusal().getCode() == ErrorCode.INVALID_ARGUMENT
          ? invalid(index, reply)
          : ObjectLink.exception(reply);
    }
    return reply.getValueChanged();
  }

  /** An index, or an addition to null: all else was looked at before. */
  private RuntimeException invalid(int index, Reply reply) {
    return index >= object.status().getCount()
        ? new IndexOutOfBoundsException(reply.getRefusal().getMessage())
        : ObjectLink.exception(reply);
  }
}
