package dev.podpool;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A shared map as collections have it: no nulls. */
final class SharedMapView<K, V> extends AbstractMap<K, V> implements ConcurrentMap<K, V> {

  private final SharedMap<K, V> map;

  SharedMapView(SharedMap<K, V> map) {
    this.map = map;
  }

  // ---- reads

  @Override
  public int size() {
    return map.size();
  }

  @Override
  public boolean isEmpty() {
    return map.isEmpty();
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return find(key) != null;
  }

  @Override
  public @Nullable V get(@Nullable Object key) {
    return find(key);
  }

  private @Nullable V find(@Nullable Object key) {
    K its = map.keyCodec().cast(Objects.requireNonNull(key, "key"));
    return its == null ? null : map.get(its);
  }

  @Override
  @SuppressWarnings("NullAway") // null: none, as Map says
  public V getOrDefault(Object key, V otherwise) {
    V value = get(key);
    return value == null ? otherwise : value;
  }

  // ---- changes

  @Override
  public @Nullable V put(K key, V value) {
    return map.put(required(key), required(value));
  }

  private static <T> T required(@Nullable T value) {
    return Objects.requireNonNull(value, "a ConcurrentMap holds no nulls; the SharedMap does");
  }

  @Override
  public @Nullable V remove(@Nullable Object key) {
    K its = map.keyCodec().cast(Objects.requireNonNull(key, "key"));
    return its == null ? null : map.remove(its);
  }

  @Override
  public void clear() {
    map.clear();
  }

  @Override
  public @Nullable V putIfAbsent(K key, V value) {
    return map.putIfAbsent(required(key), required(value));
  }

  @Override
  public boolean remove(Object key, @Nullable Object value) {
    K its = map.keyCodec().cast(Objects.requireNonNull(key, "key"));
    if (its == null || value == null) {
      return false;
    }
    Versioned<V> there = map.getVersioned(its);
    while (value.equals(there.value())) {
      Change<V> change = map.removeIfVersion(its, there.version());
      if (change.made()) {
        return true;
      }
      there = new Versioned<>(change.before(), change.version());
    }
    return false;
  }

  @Override
  public boolean replace(K key, V before, V value) {
    required(before);
    required(value);
    Versioned<V> there = map.getVersioned(required(key));
    while (before.equals(there.value())) {
      Change<V> change = map.putIfVersion(key, there.version(), value);
      if (change.made()) {
        return true;
      }
      there = new Versioned<>(change.before(), change.version());
    }
    return false;
  }

  @Override
  public @Nullable V replace(K key, V value) {
    return map.replace(required(key), required(value));
  }

  @Override
  public @Nullable V compute(
      K key, BiFunction<? super K, ? super @Nullable V, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "function");
    return map.compute(required(key), function);
  }

  @Override
  public @Nullable V computeIfAbsent(K key, Function<? super K, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "function");
    Versioned<V> there = map.getVersioned(required(key));
    V value = there.value();
    if (value != null) {
      return value;
    }
    V made = function.apply(key);
    while (made != null) {
      Change<V> change = map.putIfVersion(key, there.version(), made);
      value = change.made() ? made : change.before();
      if (value != null) {
        return value;
      }
      there = new Versioned<>(null, change.version());
    }
    return null;
  }

  @Override
  public @Nullable V computeIfPresent(
      K key, BiFunction<? super K, ? super V, ? extends @Nullable V> function) {
    Objects.requireNonNull(function, "function");
    Versioned<V> there = map.getVersioned(required(key));
    while (true) {
      V value = there.value();
      if (value == null) {
        return null;
      }
      V next = function.apply(key, value);
      Change<V> change =
          next == null
              ? map.removeIfVersion(key, there.version())
              : map.putIfVersion(key, there.version(), next);
      if (change.made()) {
        return next;
      }
      there = new Versioned<>(change.before(), change.version());
    }
  }

  @Override
  public @Nullable V merge(
      K key, V value, BiFunction<? super V, ? super V, ? extends @Nullable V> function) {
    required(value);
    Objects.requireNonNull(function, "function");
    return map.compute(
        required(key), (any, there) -> there == null ? value : function.apply(there, value));
  }

  // ---- views of the view

  @Override
  public Set<Map.Entry<K, V>> entrySet() {
    return new Entries();
  }

  @Override
  public Set<K> keySet() {
    return new Keys();
  }

  private final class Keys extends AbstractSet<K> {
    @Override
    public Iterator<K> iterator() {
      Iterator<Map.Entry<K, V>> entries = new EntryIterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return entries.hasNext();
        }

        @Override
        public K next() {
          return entries.next().getKey();
        }

        @Override
        public void remove() {
          entries.remove();
        }
      };
    }

    @Override
    public int size() {
      return map.size();
    }

    @Override
    public boolean contains(@Nullable Object key) {
      return containsKey(key);
    }

    @Override
    public boolean remove(@Nullable Object key) {
      return SharedMapView.this.remove(key) != null;
    }

    @Override
    public void clear() {
      map.clear();
    }
  }

  private final class Entries extends AbstractSet<Map.Entry<K, V>> {
    @Override
    public Iterator<Map.Entry<K, V>> iterator() {
      return new EntryIterator();
    }

    @Override
    public int size() {
      return map.size();
    }

    @Override
    public boolean contains(@Nullable Object object) {
      return object instanceof Map.Entry<?, ?> entry
          && entry.getKey() != null
          && entry.getValue() != null
          && entry.getValue().equals(get(entry.getKey()));
    }

    @Override
    public boolean remove(@Nullable Object object) {
      return object instanceof Map.Entry<?, ?> entry
          && entry.getKey() != null
          && SharedMapView.this.remove(entry.getKey(), entry.getValue());
    }

    @Override
    public void clear() {
      map.clear();
    }
  }

  private final class EntryIterator implements Iterator<Map.Entry<K, V>> {
    private final Iterator<Map.Entry<K, V>> pages = map.pages();
    private @Nullable K last;

    @Override
    public boolean hasNext() {
      return pages.hasNext();
    }

    @Override
    public Map.Entry<K, V> next() {
      Map.Entry<K, V> next = pages.next();
      last = next.getKey();
      return new SimpleEntry<>(next) {
        private static final long serialVersionUID = 1;

        @Override
        public V setValue(V value) {
          put(getKey(), value);
          return super.setValue(value);
        }
      };
    }

    @Override
    public void remove() {
      K key = last;
      if (key == null) {
        throw new IllegalStateException("nothing to remove; call next() before");
      }
      last = null;
      map.remove(key);
    }
  }
}
