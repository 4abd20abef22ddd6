package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ChangeMap;
import dev.podpool.protocol.EntriesQuery;
import dev.podpool.protocol.MapAdd;
import dev.podpool.protocol.MapChanged;
import dev.podpool.protocol.MapClear;
import dev.podpool.protocol.MapEntry;
import dev.podpool.protocol.MapPut;
import dev.podpool.protocol.MapRemove;
import dev.podpool.protocol.MapSpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.VersionIs;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A map between processes, as {@code Manager().dict()}. Each method is one question to the queue or
 * one change in it, atomic and seen by all that comes after it, but for those that say that they
 * try again. Values may be null; they are copies: what is done to one changes nothing until it is
 * put.
 *
 * <p>A key takes at most 1 KiB, a value 1 MiB; more is an {@link IllegalArgumentException} or
 * {@link dev.podpool.function.EncodeException}, and nothing is sent. Changes throw {@link
 * OutcomeUnknownException} if the session ends before the queue answers: whether they were made is
 * not known then.
 *
 * @param <K> String, Long, Integer, Short, Byte, UUID or an enum
 */
public final class SharedMap<K, V extends @Nullable Object> extends SharedObject {

  static final ObjectSpec SPEC =
      ObjectSpec.newBuilder().setMap(MapSpec.getDefaultInstance()).build();

  private final KeyCodec<K> keys;
  private final ValueCodec<V> values;
  private final @Nullable SharedLock guard;

  SharedMap(ObjectLink link, ObjectRef ref, KeyCodec<K> keys, ValueCodec<V> values) {
    super(link, ref, SPEC);
    this.keys = keys;
    this.values = values;
    guard = null;
  }

  private SharedMap(SharedMap<K, V> same, SharedLock guard) {
    super(same);
    keys = same.keys;
    values = same.values;
    this.guard = guard;
  }

  /** Of what is open already. */
  SharedMap(SharedObject same, KeyCodec<K> keys, ValueCodec<V> values) {
    super(same);
    this.keys = keys;
    this.values = values;
    guard = null;
  }

  static ObjectRef ref(@Nullable String name) {
    return ref(ObjectKind.MAP, name);
  }

  KeyCodec<K> keyCodec() {
    return keys;
  }

  /**
   * The same map, whose changes are made only while {@code lock} is held by that handle: the queue
   * looks at its fencing token as it makes the change. They throw {@link LockLostException} if the
   * lock was lost, and {@link IllegalMonitorStateException} if the handle has not locked it;
   * nothing is changed then. Reads and {@link #delete} are as ever.
   *
   * @throws IllegalArgumentException if {@code lock} is of another connection
   */
  public SharedMap<K, V> guardedBy(SharedLock lock) {
    return new SharedMap<>(this, ofThisConnection(lock));
  }

  // ---- reads

  /** Null: there is none, or it is null ({@link #containsKey}). */
  public @Nullable V get(K key) {
    return getVersioned(key).value();
  }

  /** The value of {@code key}, or {@code other} where there is none, as Python's {@code get}. */
  public V getOrDefault(K key, V other) {
    List<MapEntry> found = find(key);
    return found.isEmpty() ? other : values.decode(found.get(0).getValue());
  }

  public Versioned<V> getVersioned(K key) {
    List<MapEntry> found = find(key);
    return found.isEmpty()
        ? new Versioned<>(null, 0)
        : new Versioned<>(values.decode(found.get(0).getValue()), found.get(0).getVersion());
  }

  public boolean containsKey(K key) {
    return !find(key).isEmpty();
  }

  private List<MapEntry> find(K key) {
    return link().read(query().setKey(keys.encode(key)).build()).getEntries().getEntriesList();
  }

  public int size() {
    return Math.toIntExact(status().getCount());
  }

  public boolean isEmpty() {
    return size() == 0;
  }

  /**
   * All keys: numbers from the smallest on, all others in the order of their UTF-8 or bytes. Read
   * in pages of 1 MiB as the stream needs them; what is put or removed meanwhile may be in it or
   * not, all else is in it once.
   */
  public Stream<K> keys() {
    return stream(pages(entry -> keys.decode(entry.getKey())));
  }

  /** All entries, as {@link #keys}. Each is a copy. */
  public Stream<Map.Entry<K, V>> entries() {
    return stream(pages());
  }

  private static <T> Stream<T> stream(Iterator<T> pages) {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(pages, Spliterator.ORDERED | Spliterator.NONNULL),
        false);
  }

  Iterator<Map.Entry<K, V>> pages() {
    return pages(this::decode);
  }

  private <T> Iterator<T> pages(Function<MapEntry, T> decode) {
    return new Pages<>(
        after ->
            link()
                .read(query().setEntries(EntriesQuery.newBuilder().setAfter(after)).build())
                .getEntries(),
        decode);
  }

  private Map.Entry<K, V> decode(MapEntry entry) {
    return new SimpleImmutableEntry<>(keys.decode(entry.getKey()), values.decode(entry.getValue()));
  }

  // ---- changes

  /**
   * @return what was there before; null: nothing, or null
   */
  public @Nullable V put(K key, V value) {
    return before(change(put(keys.encode(key), value, null)));
  }

  /**
   * Puts, if there is no such key.
   *
   * @return what is there already; null: nothing was, or null is
   */
  public @Nullable V putIfAbsent(K key, V value) {
    return before(change(put(keys.encode(key), value, 0L)));
  }

  /**
   * Puts, if there is such a key. Tries again when others change it meanwhile.
   *
   * @return what was there before; null: nothing was, and nothing is, or null was
   */
  public @Nullable V replace(K key, V value) {
    Versioned<V> there = getVersioned(key);
    while (there.isPresent()) {
      Change<V> change = putIfVersion(key, there.version(), value);
      if (change.made()) {
        return change.before();
      }
      there = new Versioned<>(change.before(), change.version());
    }
    return null;
  }

  /**
   * Puts, if what is there has that version: that of {@link #getVersioned}; 0: if nothing is there.
   */
  public Change<V> putIfVersion(K key, long version, V value) {
    return made(change(put(keys.encode(key), value, version)));
  }

  private ChangeMap.Builder put(ByteString key, V value, @Nullable Long version) {
    MapPut.Builder put = MapPut.newBuilder().setKey(key).setValue(values.encode(value));
    if (version != null) {
      put.setOnlyIf(VersionIs.newBuilder().setVersion(version));
    }
    return ChangeMap.newBuilder().setPut(put);
  }

  /**
   * @return what was there; null: nothing, or null
   */
  public @Nullable V remove(K key) {
    return before(change(removal(key)));
  }

  /** {@link #remove}, whatever type its value is of; false: it was not there. */
  boolean removeKey(K key) {
    return change(removal(key)).getBefore().getPresent();
  }

  private ChangeMap.Builder removal(K key) {
    return ChangeMap.newBuilder().setRemove(MapRemove.newBuilder().setKey(keys.encode(key)));
  }

  /** Removes, if what is there has that version. */
  public Change<V> removeIfVersion(K key, long version) {
    return made(
        change(
            ChangeMap.newBuilder()
                .setRemove(
                    MapRemove.newBuilder()
                        .setKey(keys.encode(key))
                        .setOnlyIf(VersionIs.newBuilder().setVersion(version)))));
  }

  /**
   * Puts what {@code function} makes of what is there. Runs it here, and again when others change
   * the entry meanwhile.
   *
   * @param function gets null where there is nothing, or null; its null removes the entry
   * @return what is there now; null: nothing
   */
  public @Nullable V compute(
      K key, BiFunction<? super K, ? super @Nullable V, ? extends @Nullable V> function) {
    Versioned<V> there = getVersioned(key);
    while (true) {
      V next = function.apply(key, there.value());
      if (next == null && !there.isPresent()) {
        return null;
      }
      Change<V> change =
          next == null
              ? removeIfVersion(key, there.version())
              : putIfVersion(key, there.version(), next);
      if (change.made()) {
        return next;
      }
      there = new Versioned<>(change.before(), change.version());
    }
  }

  /**
   * Adds to a number in the queue itself, which is one operation however many do it. It begins at
   * 0, and wraps around.
   *
   * @return the sum
   * @throws IllegalStateException if the map's values are not {@code Long}
   */
  public long addAndGet(K key, long delta) {
    requireLongs(values);
    MapChanged changed =
        change(
            ChangeMap.newBuilder()
                .setAdd(MapAdd.newBuilder().setKey(keys.encode(key)).setDelta(delta)));
    return (Long) Objects.requireNonNull(values.decode(changed.getAfter().getValue()));
  }

  static void requireLongs(ValueCodec<?> values) {
    if (values.type() != Long.class) {
      throw new IllegalStateException(
          "the queue adds to Long only, and this holds "
              + values.type().getTypeName()
              + "; open it with Long.class, or use a method that takes a function");
    }
  }

  public void clear() {
    change(ChangeMap.newBuilder().setClear(MapClear.getDefaultInstance()));
  }

  private MapChanged change(ChangeMap.Builder change) {
    change.setMap(ref());
    if (guard != null) {
      change.setGuard(guard.guard());
    }
    Reply reply = link().call(Operation.newBuilder().setChangeMap(change).build());
    if (reply.hasRefusal()) {
      throw ObjectLink.exception(reply);
    }
    return reply.getMapChanged();
  }

  private @Nullable V before(MapChanged changed) {
    MapChanged.Entry before = changed.getBefore();
    return before.getPresent() ? values.decode(before.getValue()) : null;
  }

  private Change<V> made(MapChanged changed) {
    return new Change<>(!changed.getDiffers(), before(changed), changed.getAfter().getVersion());
  }

  // ---- views

  /**
   * The map as a {@link ConcurrentMap} that refuses nulls. Functions run here, and again when
   * others change the entry meanwhile. Iterators are weakly consistent, as {@link #keys}. For maps
   * whose values are not null: one that is reads as absent from {@code get}, yet counts in {@code
   * size}.
   */
  @SuppressWarnings("unchecked") // refuses nulls itself
  public ConcurrentMap<K, V> asConcurrentMap() {
    return (ConcurrentMap<K, V>) new SharedMapView<>((SharedMap<K, Object>) this);
  }
}
