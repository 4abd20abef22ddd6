package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.DecodeException;
import dev.podpool.function.EncodeException;
import dev.podpool.function.ErasedTypeException;
import dev.podpool.function.TypeRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedMapTest {

  private final Podpool podpool = Podpool.local();

  @AfterEach
  void close() {
    podpool.close();
  }

  private SharedMap<String, Integer> basket() {
    return podpool.sharedMap("basket", String.class, Integer.class);
  }

  @Test
  void allHandlesOfANameAreOneMap() {
    SharedMap<String, Integer> map = basket();
    assertThat(map.put("apples", 5)).isNull();
    assertThat(basket().put("apples", 4)).isEqualTo(5);
    assertThat(map.get("apples")).isEqualTo(4);
    assertThat(map.size()).isEqualTo(1);
    assertThat(podpool.sharedMap(String.class, Integer.class).isEmpty()).isTrue();
    assertThat(map.remove("apples")).isEqualTo(4);
    assertThat(map.remove("apples")).isNull();
    assertThat(map.isEmpty()).isTrue();
  }

  @Test
  void whatIsThereDecidesWhatIsPut() {
    SharedMap<String, Integer> map = basket();
    assertThat(map.replace("apples", 1)).isNull();
    assertThat(map.putIfAbsent("apples", 5)).isNull();
    assertThat(map.putIfAbsent("apples", 6)).isEqualTo(5);
    assertThat(map.replace("apples", 7)).isEqualTo(5);
    assertThat(map.compute("apples", (key, there) -> there == null ? null : there + 1))
        .isEqualTo(8);
    assertThat(map.compute("apples", (key, there) -> null)).isNull();
    assertThat(map.containsKey("apples")).isFalse();
  }

  @Test
  void aVersionThatDiffersChangesNothingAndSaysWhatIsThere() {
    SharedMap<String, Integer> map = basket();
    Change<Integer> made = map.putIfVersion("apples", 0, 5);
    assertThat(made.made()).isTrue();
    assertThat(map.getVersioned("apples")).isEqualTo(new Versioned<>(5, made.version()));
    assertThat(map.putIfVersion("apples", 0, 6)).isEqualTo(new Change<>(false, 5, made.version()));
    assertThat(map.removeIfVersion("apples", made.version() + 1).made()).isFalse();
    assertThat(map.removeIfVersion("apples", made.version())).isEqualTo(new Change<>(true, 5, 0));
    assertThat(map.getVersioned("apples").isPresent()).isFalse();
  }

  @Test
  void valuesMayBeNull() {
    SharedMap<String, Integer> map = basket();
    map.put("apples", null);
    assertThat(map.get("apples")).isNull();
    assertThat(map.containsKey("apples")).isTrue();
    assertThat(map.putIfVersion("apples", 0, 1).made()).isFalse();
  }

  @Test
  void concurrentComputationsAndAdditionsLoseNothing() {
    SharedMap<String, Integer> computed = basket();
    SharedMap<String, Long> added = podpool.sharedMap("sums", String.class, Long.class);
    List<CompletableFuture<Void>> all =
        IntStream.range(0, 4)
            .mapToObj(
                thread ->
                    CompletableFuture.runAsync(
                        () -> {
                          for (int i = 0; i < 100; i++) {
                            computed.compute("apples", (k, n) -> n == null ? 1 : n + 1);
                            added.addAndGet("apples", 2);
                          }
                        }))
            .toList();
    all.forEach(CompletableFuture::join);
    assertThat(computed.get("apples")).isEqualTo(400);
    assertThat(added.get("apples")).isEqualTo(800);
    assertThatThrownBy(() -> ((SharedMap<String, ?>) computed).addAndGet("apples", 1))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aGuardedChangeIsMadeOnlyUnderTheLock() {
    SharedLock lock = podpool.lock("basket");
    SharedMap<String, Integer> guarded = basket().guardedBy(lock);
    assertThatThrownBy(() -> guarded.put("apples", 1))
        .isInstanceOf(IllegalMonitorStateException.class);
    lock.lock();
    guarded.put("apples", 2);
    podpool.lock("basket").releaseAny();
    assertThatThrownBy(() -> guarded.put("apples", 3)).isInstanceOf(LockLostException.class);
    assertThatThrownBy(guarded::clear).isInstanceOf(LockLostException.class);
    assertThat(guarded.get("apples")).isEqualTo(2);
    basket().put("apples", 4);
  }

  enum Fruit {
    PEAR,
    APPLE {
      @Override
      public String toString() {
        return "an apple";
      }
    }
  }

  @Test
  void keysAreInTheirOrder() {
    SharedMap<Integer, String> numbers = podpool.sharedMap(Integer.class, String.class);
    List<Integer> keys = List.of(0, -1, 1, Integer.MIN_VALUE, Integer.MAX_VALUE, -256, 256);
    keys.forEach(key -> numbers.put(key, "n" + key));
    assertThat(numbers.keys()).containsExactlyElementsOf(keys.stream().sorted().toList());
    assertThat(numbers.entries()).allMatch(e -> e.getValue().equals("n" + e.getKey()));

    SharedMap<Fruit, String> fruit = podpool.sharedMap(Fruit.class, String.class);
    fruit.put(Fruit.PEAR, "p");
    fruit.put(Fruit.APPLE, "a");
    assertThat(fruit.keys()).containsExactly(Fruit.APPLE, Fruit.PEAR);

    SharedMap<UUID, String> ids = podpool.sharedMap(UUID.class, String.class);
    UUID low = new UUID(1, -1);
    UUID high = new UUID(-1, 1);
    ids.put(high, "h");
    ids.put(low, "l");
    assertThat(ids.keys()).containsExactly(low, high);

    SharedMap<String, String> words = podpool.sharedMap(String.class, String.class);
    List.of("z", "", "ä", "a\0b", "\uD83C\uDF4E").forEach(key -> words.put(key, key));
    assertThat(words.keys()).containsExactly("", "a\0b", "z", "ä", "\uD83C\uDF4E");
    assertThat(words.get("\uD83C\uDF4E")).isEqualTo("\uD83C\uDF4E");
  }

  @Test
  void equalNumbersAreEqualKeysWhateverTheirWidth() {
    podpool.sharedMap("numbers", Long.class, String.class).put(7L, "seven");
    assertThat(podpool.sharedMap("numbers", Byte.class, String.class).get((byte) 7))
        .isEqualTo("seven");
    podpool.sharedMap("numbers", Long.class, String.class).put(300L, "more");
    assertThatThrownBy(() -> podpool.sharedMap("numbers", Byte.class, String.class).keys().toList())
        .isInstanceOf(DecodeException.class);
  }

  @Test
  void whatIsTooLargeOrOfNoUseIsRefusedHere() {
    SharedMap<String, String> map = podpool.sharedMap("large", String.class, String.class);
    assertThatThrownBy(() -> map.put("k".repeat(1024), "v"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1024");
    map.put("k".repeat(1023), "v");
    assertThatThrownBy(() -> map.put("k", "v".repeat((1 << 20) - 1)))
        .isInstanceOf(EncodeException.class)
        .hasMessageContaining("1048576");
    map.put("k", "v".repeat((1 << 20) - 2));
    assertThatThrownBy(() -> map.put("\uD800", "v")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> podpool.sharedMap("x", Object.class, String.class))
        .hasMessageContaining("java.lang.Object");
    assertThatThrownBy(() -> podpool.sharedMap("x", String.class, List.class))
        .isInstanceOf(ErasedTypeException.class);
    assertThat(map.entries().map(e -> e.getKey().length())).containsExactly(1, 1023);
  }

  @Test
  void aMapOfManyPagesIsReadOnce() {
    SharedMap<Integer, String> map = podpool.sharedMap(Integer.class, String.class);
    String value = "v".repeat(100_000);
    for (int i = 0; i < 35; i++) {
      map.put(i, value);
    }
    assertThat(map.keys()).containsExactlyElementsOf(IntStream.range(0, 35).boxed().toList());
  }

  // ---- as a ConcurrentMap

  private ConcurrentMap<String, Integer> view() {
    return basket().asConcurrentMap();
  }

  @Test
  void theViewKeepsTheContractOfConcurrentMap() {
    ConcurrentMap<String, Integer> map = view();
    assertThat(map.put("a", 1)).isNull();
    assertThat(map.putIfAbsent("a", 2)).isEqualTo(1);
    assertThat(map.replace("a", 2, 3)).isFalse();
    assertThat(map.replace("a", 1, 3)).isTrue();
    assertThat(map.remove("a", 1)).isFalse();
    assertThat(map.remove("a", 3)).isTrue();
    assertThat(map.replace("a", 1)).isNull();
    assertThat(map.computeIfAbsent("a", key -> 4)).isEqualTo(4);
    assertThat(map.computeIfAbsent("a", key -> 5)).isEqualTo(4);
    assertThat(map.computeIfAbsent("b", key -> null)).isNull();
    assertThat(map.computeIfPresent("b", (key, n) -> n + 1)).isNull();
    assertThat(map.computeIfPresent("a", (key, n) -> n + 1)).isEqualTo(5);
    assertThat(map.merge("a", 10, Integer::sum)).isEqualTo(15);
    assertThat(map.merge("b", 10, Integer::sum)).isEqualTo(10);
    assertThat(map.merge("b", 10, (x, y) -> null)).isNull();
    assertThat(map.getOrDefault("b", 9)).isEqualTo(9);
    map.putAll(Map.of("c", 3, "d", 4));
    assertThat(map).isEqualTo(Map.of("a", 15, "c", 3, "d", 4)).hasSize(3);
    assertThat(map.hashCode()).isEqualTo(Map.of("a", 15, "c", 3, "d", 4).hashCode());
    map.replaceAll((key, n) -> -n);
    assertThat(map.values()).containsExactly(-15, -3, -4);
  }

  @Test
  void viewsOfTheViewWriteThrough() {
    ConcurrentMap<String, Integer> map = view();
    map.putAll(Map.of("a", 1, "b", 2, "c", 3));
    map.entrySet().iterator().next().setValue(9);
    assertThat(map.get("a")).isEqualTo(9);
    assertThat(map.keySet().remove("a")).isTrue();
    assertThat(map.keySet().remove("a")).isFalse();
    assertThat(map.entrySet().contains(Map.entry("b", 2))).isTrue();
    assertThat(map.entrySet().remove(Map.entry("b", 3))).isFalse();
    assertThat(map.values().removeIf(n -> n == 2)).isTrue();
    assertThat(map.keySet()).containsExactly("c");
    map.keySet().clear();
    assertThat(basket().size()).isZero();
  }

  @Test
  @SuppressWarnings({"NullAway", "CollectionIncompatibleType"})
  void theViewRefusesNullsAndHasNoKeysOfOtherTypes() {
    ConcurrentMap<String, Integer> map = view();
    assertThatThrownBy(() -> map.put(null, 1)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> map.put("a", null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> map.get(null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> map.putIfAbsent("a", null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> map.merge("a", null, Integer::sum))
        .isInstanceOf(NullPointerException.class);
    assertThat(map.containsKey(7)).isFalse();
    assertThat(map.remove(7)).isNull();
    assertThat(map.remove("a", null)).isFalse();
    assertThat(map.isEmpty()).isTrue();
  }

  @Test
  void theViewIsAtomicUnderContention() throws Exception {
    ConcurrentMap<String, Integer> map = view();
    List<String> made = Collections.synchronizedList(new ArrayList<>());
    List<CompletableFuture<Void>> all =
        IntStream.range(0, 4)
            .mapToObj(
                thread ->
                    CompletableFuture.runAsync(
                        () -> {
                          for (int i = 0; i < 100; i++) {
                            map.merge("sum", 1, Integer::sum);
                            if (map.putIfAbsent("once" + i, thread) == null) {
                              made.add("once" + i);
                            }
                          }
                        }))
            .toList();
    for (CompletableFuture<Void> each : all) {
      each.get(1, TimeUnit.MINUTES);
    }
    assertThat(map.get("sum")).isEqualTo(400);
    assertThat(made).hasSize(100).doesNotHaveDuplicates();
  }

  // ---- namespaces

  @Test
  void aNamespaceHasValuesOfAllTypes() {
    Namespace settings = podpool.namespace("settings");
    settings.set("workers", 4);
    settings.set("name", "index");
    settings.set("fruit", Fruit.APPLE);
    settings.set("nothing", null);
    settings.set("words", List.of("a", "b"), new TypeRef<List<String>>() {});
    Namespace same = podpool.namespace("settings");
    assertThat(same.get("workers", Integer.class)).isEqualTo(4);
    assertThat(same.get("name", String.class)).isEqualTo("index");
    assertThat(same.get("fruit", Fruit.class)).isEqualTo(Fruit.APPLE);
    assertThat(same.get("nothing", Integer.class)).isNull();
    assertThat(same.get("words", new TypeRef<List<String>>() {})).containsExactly("a", "b");
    assertThat(same.names()).containsExactly("fruit", "name", "nothing", "words", "workers");
    assertThat(same.remove("words")).isTrue();
    assertThat(same.contains("words")).isFalse();
    assertThatThrownBy(() -> same.get("words", String.class))
        .isInstanceOf(NoSuchElementException.class);
    assertThatThrownBy(() -> same.get("name", Integer.class)).isInstanceOf(DecodeException.class);
    assertThatThrownBy(() -> same.set("raw", new ArrayList<>(List.of(1))))
        .isInstanceOf(ErasedTypeException.class);
  }
}
