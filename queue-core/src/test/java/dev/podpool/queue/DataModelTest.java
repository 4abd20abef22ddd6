package dev.podpool.queue;

import static dev.podpool.queue.DataScript.ARRAY;
import static dev.podpool.queue.DataScript.LIST;
import static dev.podpool.queue.DataScript.MAP;
import static dev.podpool.queue.DataScript.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ChangeList;
import dev.podpool.protocol.ChangeMap;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ListClear;
import dev.podpool.protocol.MapChanged;
import dev.podpool.protocol.MapClear;
import dev.podpool.protocol.MapEntry;
import dev.podpool.protocol.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random histories of three sessions that share a map, a list and an array, under a lock or not,
 * against collections of the JDK.
 */
class DataModelTest {

  private static final String[] KEYS = {"a", "b", "c", "ä"};
  private static final String[] CLIENTS = {"anna", "bert", "carl"};

  private final DataScript script = new DataScript();
  private final TreeMap<String, String> map = new TreeMap<>();
  private final TreeMap<String, Long> mapVersions = new TreeMap<>();
  private final List<String> list = new ArrayList<>();
  private final String[] array = new String[DataScript.LENGTH];
  private final long[] arrayVersions = new long[DataScript.LENGTH];
  private long mapVersion;
  private long listVersion = 1;
  // Of the lock; 0: nobody has it.
  private long token;
  private String holder = "";

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void answersAndContentsAreThoseOfPlainCollections(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Arrays.fill(array, "0");
    Arrays.fill(arrayVersions, 1);
    for (String client : CLIENTS) {
      open(client);
    }
    for (int step = 0; step < 1_500; step++) {
      String client = CLIENTS[random.nextInt(CLIENTS.length)];
      switch (random.nextInt(20)) {
        case 0 -> endSession(client);
        case 1 -> script.queue.passMillis(random.nextInt(100_000));
        case 2 -> script.queue.machine = QueueMachine.restore(script.queue.machine.snapshot());
        case 3, 4 -> lockOrUnlock(client);
        case 5, 6, 7, 8 -> changeArray(client, random);
        case 9, 10, 11, 12, 13 -> changeList(client, random);
        default -> changeMap(client, random);
      }
      compareContents(random);
    }
  }

  private void open(String client) {
    script.client(client);
    script.queue.party(client).sequence = 0;
    for (var ref : List.of(MAP, LIST, ARRAY, DataScript.LOCK)) {
      assertThat(script.open(client, ref)).isEqualTo("done");
    }
  }

  private void endSession(String client) {
    script.queue.expire(client);
    if (holder.equals(client)) {
      holder = "";
      token = 0;
    }
    open(client);
  }

  private void lockOrUnlock(String client) {
    if (token == 0) {
      long granted = script.lock(client);
      assertThat(granted).isPositive();
      token = granted;
      holder = client;
    } else {
      script.unlock(holder, token);
      token = 0;
      holder = "";
    }
  }

  /** No guard, one that holds, or one that does not. */
  private long guard(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> token;
      case 1 -> token + 1;
      default -> 0;
    };
  }

  /** Whether {@code guard} let it be made; where not, it must have been refused. */
  private boolean isLetThrough(Reply reply, long guard) {
    if (guard == 0 || guard == token) {
      return true;
    }
    assertThat(reply.getRefusal().getCode()).isEqualTo(ErrorCode.LOCK_LOST);
    return false;
  }

  // ---- the map

  private void changeMap(String client, SplittableRandom random) {
    String key = KEYS[random.nextInt(KEYS.length)];
    String value = Integer.toString(random.nextInt(1_000));
    long there = mapVersions.getOrDefault(key, 0L);
    long version = random.nextBoolean() ? there : random.nextInt(5);
    int what = random.nextInt(11);
    ChangeMap.Builder change =
        switch (what) {
          case 0, 1, 2 -> DataScript.put(key, value);
          case 3, 4 -> DataScript.putIf(key, value, version);
          case 5, 6 -> DataScript.remove(key);
          case 7 -> DataScript.removeIf(key, version);
          case 8, 9 -> DataScript.add(key, -500 + random.nextInt(1_000));
          default -> ChangeMap.newBuilder().setClear(MapClear.getDefaultInstance());
        };
    long guard = guard(random);
    Reply reply = script.map(client, change, guard);
    if (!isLetThrough(reply, guard)) {
      return;
    }
    MapChanged changed = reply.getMapChanged();
    String before = map.get(key);
    if (what == 10) {
      if (!map.isEmpty()) {
        mapVersion++;
      }
      map.clear();
      mapVersions.clear();
      return;
    }
    assertThat(changed.getBefore().getPresent()).isEqualTo(before != null);
    assertThat(changed.getBefore().getValue()).isEqualTo(bytes(before == null ? "" : before));
    assertThat(changed.getBefore().getVersion()).isEqualTo(there);
    boolean differs = (what == 3 || what == 4 || what == 7) && version != there;
    assertThat(changed.getDiffers()).isEqualTo(differs);
    if (!differs && what >= 5 && what <= 7) {
      if (map.remove(key) != null) {
        mapVersion++;
        mapVersions.remove(key);
      }
    } else if (!differs) {
      long sum = (before == null ? 0 : Long.parseLong(before)) + change.getAdd().getDelta();
      map.put(key, what >= 8 ? Long.toString(sum) : value);
      mapVersions.put(key, ++mapVersion);
    }
    assertThat(changed.getAfter().getVersion()).isEqualTo(mapVersions.getOrDefault(key, 0L));
  }

  // ---- the list

  private void changeList(String client, SplittableRandom random) {
    int index = random.nextInt(-1, list.size() + 2);
    String value = Integer.toString(random.nextInt(1_000));
    long version = random.nextBoolean() ? 0 : listVersion - random.nextInt(2);
    int what = random.nextInt(12);
    ChangeList.Builder change =
        switch (what) {
          case 0 -> ChangeList.newBuilder().setClear(ListClear.getDefaultInstance());
          case 1, 2, 3 -> DataScript.setAt(index, value, version);
          case 4, 5, 6 -> DataScript.removeAt(index);
          default -> DataScript.insert(index, value, value + "!");
        };
    long guard = guard(random);
    Reply reply = script.list(client, change, guard);
    if (!isLetThrough(reply, guard)) {
      return;
    }
    int end = list.size();
    int at = index == -1 ? (what >= 7 ? end : end - 1) : index;
    if (what != 0 && (at < 0 || at > (what >= 7 ? end : end - 1))) {
      assertThat(reply.getRefusal().getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      return;
    }
    String before = "";
    boolean differs = false;
    switch (what) {
      case 0 -> {
        listVersion += list.isEmpty() ? 0 : 1;
        list.clear();
      }
      case 1, 2, 3 -> {
        before = list.get(at);
        differs = version != 0 && version != listVersion;
        if (!differs) {
          list.set(at, value);
          listVersion++;
        }
      }
      case 4, 5, 6 -> {
        before = list.remove(at);
        listVersion++;
      }
      default -> {
        list.addAll(at, List.of(value, value + "!"));
        listVersion++;
      }
    }
    assertThat(reply.getListChanged().getBefore()).isEqualTo(bytes(before));
    assertThat(reply.getListChanged().getDiffers()).isEqualTo(differs);
    assertThat(reply.getListChanged().getSize()).isEqualTo(list.size());
    assertThat(reply.getListChanged().getVersion()).isEqualTo(listVersion);
  }

  // ---- the array

  private void changeArray(String client, SplittableRandom random) {
    int index = random.nextInt(DataScript.LENGTH);
    String value = Integer.toString(random.nextInt(1_000));
    long version = random.nextBoolean() ? 0 : arrayVersions[index] - random.nextInt(2);
    boolean isAddition = random.nextBoolean();
    long guard = guard(random);
    var change =
        isAddition
            ? DataScript.addTo(index, 5).setOnlyIfVersion(version)
            : DataScript.set(index, value, version);
    Reply reply = script.value(client, ARRAY, change, guard);
    if (!isLetThrough(reply, guard)) {
      return;
    }
    boolean differs = version != 0 && version != arrayVersions[index];
    assertThat(reply.getValueChanged().getDiffers()).isEqualTo(differs);
    assertThat(reply.getValueChanged().getBefore()).isEqualTo(bytes(array[index]));
    if (!differs) {
      array[index] = isAddition ? Long.toString(Long.parseLong(array[index]) + 5) : value;
      arrayVersions[index]++;
      assertThat(reply.getValueChanged().getAfter())
          .isEqualTo(isAddition ? bytes(array[index]) : ByteString.EMPTY);
    }
    assertThat(reply.getValueChanged().getVersion()).isEqualTo(arrayVersions[index]);
  }

  // ---- what is there

  private void compareContents(SplittableRandom random) {
    List<String> entries = new ArrayList<>();
    String after = "";
    boolean isMore = true;
    while (isMore) {
      var page = script.entries(after, random.nextInt(3));
      for (MapEntry entry : page.getEntriesList()) {
        after = entry.getKey().toStringUtf8();
        entries.add(after + "=" + entry.getValue().toStringUtf8() + "#" + entry.getVersion());
      }
      isMore = page.getMore();
      assertThat(page.getVersion()).isEqualTo(mapVersion);
    }
    assertThat(entries)
        .containsExactlyElementsOf(
            map.entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue() + "#" + mapVersions.get(e.getKey()))
                .toList());
    assertThat(words(script.elements(LIST, 0, 0).getElementsList())).isEqualTo(list);
    assertThat(words(script.elements(ARRAY, 0, 0).getElementsList())).containsExactly(array);
    assertThat(script.status(MAP).getCount()).isEqualTo(map.size());
  }

  private static List<String> words(List<ByteString> elements) {
    return elements.stream().map(ByteString::toStringUtf8).toList();
  }
}
