package dev.podpool;

import java.time.Duration;
import java.util.AbstractQueue;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A shared queue as {@code java.util.concurrent} knows queues. */
final class BlockingQueueView<E extends @Nullable Object> extends AbstractQueue<E>
    implements BlockingQueue<E> {

  private final SharedQueue<E> queue;

  BlockingQueueView(SharedQueue<E> queue) {
    this.queue = queue;
  }

  private E notNull(E item) {
    return Objects.requireNonNull(
        item, () -> "null in " + queue + "; a BlockingQueue has none, use the SharedQueue itself");
  }

  @Override
  public boolean offer(E item) {
    return queue.offer(notNull(item));
  }

  @Override
  public void put(E item) throws InterruptedException {
    queue.put(notNull(item));
  }

  @Override
  public boolean offer(E item, long timeout, TimeUnit unit) throws InterruptedException {
    try {
      queue.put(notNull(item), duration(timeout, unit));
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  private static Duration duration(long time, TimeUnit unit) {
    return Duration.ofNanos(unit.toNanos(time)); // 292 years at most, and no overflow
  }

  @Override
  public E take() throws InterruptedException {
    return notNull(queue.get());
  }

  @Override
  public @Nullable E poll() {
    try {
      return notNull(queue.getNowait());
    } catch (NoSuchElementException e) {
      return null;
    }
  }

  @Override
  public @Nullable E poll(long timeout, TimeUnit unit) throws InterruptedException {
    try {
      return notNull(queue.get(duration(timeout, unit)));
    } catch (TimeoutException e) {
      return null;
    }
  }

  @Override
  public @Nullable E peek() {
    List<E> first = queue.items(1);
    return first.isEmpty() ? null : first.get(0);
  }

  @Override
  public int size() {
    return queue.size();
  }

  @Override
  public int remainingCapacity() {
    return queue.remainingCapacity();
  }

  @Override
  public int drainTo(Collection<? super E> into) {
    return drainTo(into, Integer.MAX_VALUE);
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // only it itself is not allowed
  public int drainTo(Collection<? super E> into, int max) {
    if (into == this) {
      throw new IllegalArgumentException(queue + " can't be drained into itself");
    }
    int drained = 0;
    for (; drained < max; drained++) {
      E item = poll();
      if (item == null) {
        break;
      }
      into.add(item);
    }
    return drained;
  }

  @Override
  public Iterator<E> iterator() {
    return Collections.unmodifiableList(queue.items(0)).iterator();
  }
}
