package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.EncodeException;
import dev.podpool.function.TypeRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedListTest {

  private final Podpool podpool = Podpool.local();

  @AfterEach
  void close() {
    podpool.close();
  }

  @Test
  void elementsAreAddedSetAndRemoved() {
    SharedList<String> list = podpool.sharedList("basket", String.class);
    list.add("a");
    list.add(0, "b");
    list.add(2, "c");
    podpool.sharedList("basket", String.class).addAll(List.of("d", "e"));
    assertThat(list.asList()).containsExactly("b", "a", "c", "d", "e");
    assertThat(list.set(1, "f")).isEqualTo("a");
    assertThat(list.get(1)).isEqualTo("f");
    assertThat(list.remove(0)).isEqualTo("b");
    assertThat(list.pop()).isEqualTo("e");
    assertThat(list.size()).isEqualTo(3);
    list.clear();
    assertThat(list.isEmpty()).isTrue();
  }

  @Test
  void anIndexOutsideIsAnError() {
    SharedList<String> list = podpool.sharedList(String.class);
    assertThatThrownBy(list::pop).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> list.get(0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> list.get(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> list.add(1, "a")).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> list.add(-1, "a")).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> list.set(0, "a")).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> list.remove(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aVersionThatDiffersChangesNothingAndSaysWhatIsThere() {
    SharedList<String> list = podpool.sharedList(String.class);
    list.add("a");
    long version = list.getVersioned(0).version();
    assertThat(list.setIfVersion(0, version, "b").made()).isTrue();
    Change<String> late = list.setIfVersion(0, version, "c");
    assertThat(late).isEqualTo(new Change<>(false, "b", version + 1));
  }

  @Test
  void elementsMayBeNullAndGeneric() {
    SharedList<List<Integer>> list = podpool.sharedList(new TypeRef<List<Integer>>() {});
    list.add(null);
    list.add(List.of(1, 2));
    assertThat(list.asList()).containsExactly(null, List.of(1, 2));
    assertThat(list.asList()).isEqualTo(new ArrayList<>(list.asList()));
  }

  @Test
  void theViewIsAList() {
    List<Integer> list = podpool.sharedList("numbers", Integer.class).asList();
    assertThat(list.addAll(List.of(3, 1, 2))).isTrue();
    list.addAll(0, List.of(5, 4));
    Collections.sort(list);
    assertThat(list).containsExactly(1, 2, 3, 4, 5);
    assertThat(list.indexOf(3)).isEqualTo(2);
    assertThat(list.remove((Object) 3)).isTrue();
    assertThat(list.removeIf(n -> n % 2 == 0)).isTrue();
    assertThat(list).containsExactly(1, 5);
    list.subList(0, 1).clear();
    assertThat(list).containsExactly(5);
    assertThat(podpool.sharedList("numbers", Integer.class).get(0)).isEqualTo(5);
  }

  @Test
  void removingWhileIteratingOverManyPagesMissesNothing() {
    SharedList<String> list = podpool.sharedList(String.class);
    List<String> all = IntStream.range(0, 30).mapToObj(i -> i + "v".repeat(100_000)).toList();
    all.forEach(list::add);
    List<String> seen = new ArrayList<>();
    for (Iterator<String> each = list.asList().iterator(); each.hasNext(); ) {
      seen.add(each.next());
      each.remove();
    }
    assertThat(seen).isEqualTo(all);
    assertThat(list.isEmpty()).isTrue();
  }

  @Test
  void whatIsTooLargeIsRefusedHere() {
    SharedList<String> list = podpool.sharedList(String.class);
    assertThatThrownBy(() -> list.add("v".repeat(1 << 20))).isInstanceOf(EncodeException.class);
    assertThatThrownBy(() -> list.addAll(Collections.nCopies(2, "v".repeat(600_000))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aGuardedChangeIsMadeOnlyUnderTheLock() {
    SharedLock lock = podpool.lock("basket");
    SharedList<String> list = podpool.sharedList("basket", String.class).guardedBy(lock);
    lock.lock();
    list.add("a");
    lock.releaseAny();
    assertThatThrownBy(() -> list.add("b")).isInstanceOf(LockLostException.class);
    assertThat(list.asList()).containsExactly("a");
  }

  // ---- values and arrays

  @Test
  void aValueIsSetComparedAndUpdated() {
    SharedValue<Integer> value = podpool.sharedValue("n", Integer.class, 100);
    assertThat(value.set(99)).isEqualTo(100);
    assertThat(podpool.sharedValue("n", Integer.class).get()).isEqualTo(99);
    assertThat(value.compareAndSet(100, 1)).isFalse();
    assertThat(value.compareAndSet(99, 98)).isTrue();
    assertThat(value.update(n -> n - 1)).isEqualTo(97);
    long version = value.getVersioned().version();
    assertThat(value.setIfVersion(version - 1, 5)).isEqualTo(new Change<>(false, 97, version));
    assertThat(value.setIfVersion(version, 5).made()).isTrue();
    assertThat(value.addAndGet(-3)).isEqualTo(2);
    assertThat(podpool.sharedValue("n", Integer.class, 100)).isEqualTo(value);
    assertThatThrownBy(() -> podpool.sharedValue("n", Integer.class, 1))
        .hasMessageContaining("OBJECT_EXISTS");
    assertThatThrownBy(() -> podpool.sharedValue("other", Integer.class))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void additionsInTheQueueLoseNothing() {
    SharedValue<Long> value = podpool.sharedValue(Long.class, 0L);
    IntStream.range(0, 400).parallel().forEach(i -> value.addAndGet(1));
    assertThat(value.get()).isEqualTo(400);
    SharedValue<Integer> small = podpool.sharedValue(Integer.class, Integer.MAX_VALUE);
    assertThat(small.addAndGet(1)).isEqualTo(Integer.MIN_VALUE);
    SharedValue<Long> none = podpool.sharedValue(new TypeRef<Long>() {}, null);
    assertThatThrownBy(() -> none.addAndGet(1)).hasMessageContaining("INVALID_ARGUMENT");
    assertThatThrownBy(() -> podpool.sharedValue(String.class, "a").addAndGet(1))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anArrayHasItsLength() {
    SharedArray<Double> array = podpool.sharedArray("d", Double.class, 3, 0.5);
    assertThat(array.length()).isEqualTo(3);
    assertThat(array.set(2, 1.5)).isEqualTo(0.5);
    assertThat(array.asList()).containsExactly(0.5, 0.5, 1.5);
    array.asList().set(0, 7.0);
    assertThat(podpool.sharedArray("d", Double.class).get(0)).isEqualTo(7.0);
    assertThat(array.compareAndSet(0, 7.0, 8.0)).isTrue();
    assertThat(array.update(0, x -> x / 2)).isEqualTo(4.0);
    assertThatThrownBy(() -> array.get(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> array.set(3, 1.0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> array.set(-1, 1.0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> array.asList().add(1.0))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> podpool.sharedArray("e", Double.class, -1, 0.0))
        .isInstanceOf(IllegalArgumentException.class);
    SharedArray<Long> longs = podpool.sharedArray(Long.class, 2, 0L);
    assertThat(longs.addAndGet(1, 5)).isEqualTo(5);
    assertThatThrownBy(() -> longs.addAndGet(2, 5)).isInstanceOf(IndexOutOfBoundsException.class);
    SharedLock lock = podpool.lock();
    assertThatThrownBy(() -> longs.guardedBy(lock).set(0, 1L))
        .isInstanceOf(IllegalMonitorStateException.class);
  }

  // ---- which there are

  @Test
  void objectsAreListedByKind() {
    SharedMap<String, Integer> map = podpool.sharedMap("basket", String.class, Integer.class);
    map.put("apples", 5);
    podpool.sharedMap("a", String.class, Integer.class);
    podpool.sharedMap(String.class, Integer.class);
    List<ObjectInfo> maps = podpool.objects(ObjectInfo.Kind.MAP);
    assertThat(maps).extracting(ObjectInfo::name).containsExactly("a", "basket", null);
    assertThat(maps.get(2).id()).hasSize(32);
    assertThat(podpool.objects(ObjectInfo.Kind.MAP, 1)).hasSize(1);
    ObjectInfo one = podpool.object(ObjectInfo.Kind.MAP, "basket");
    assertThat(one.count()).isEqualTo(1);
    assertThat(one.version()).isEqualTo(1);
    assertThat(one.sessions()).isEqualTo(1);
    SharedLock lock = podpool.lock("basket");
    lock.lock();
    assertThat(podpool.object(ObjectInfo.Kind.LOCK, "basket").holders()).hasSize(1);
    assertThatThrownBy(() -> podpool.object(ObjectInfo.Kind.LIST, "basket"))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void veryManyObjectsAreListedOnceEach() {
    int anonymous = 25_000; // of which some 19,000 fit into one answer
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < anonymous; i++) {
      ids.add(podpool.event().toString().substring("event ".length()));
      if (i % 1_000 == 0) {
        podpool.event("named-" + i);
      }
    }
    List<ObjectInfo> events = podpool.objects(ObjectInfo.Kind.EVENT);
    assertThat(events).hasSize(anonymous + 25);
    assertThat(events.subList(0, 25)).noneMatch(event -> event.name() == null);
    assertThat(events.subList(25, events.size())).extracting(ObjectInfo::id).isEqualTo(ids);
    assertThat(podpool.objects(ObjectInfo.Kind.EVENT, 20_000)).isEqualTo(events.subList(0, 20_000));
  }
}
