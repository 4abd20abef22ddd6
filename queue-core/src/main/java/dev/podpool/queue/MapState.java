package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ChangeMap;
import dev.podpool.protocol.EntriesQuery;
import dev.podpool.protocol.MapAdd;
import dev.podpool.protocol.MapChanged;
import dev.podpool.protocol.MapEntry;
import dev.podpool.protocol.MapPut;
import dev.podpool.protocol.MapRemove;
import dev.podpool.protocol.MapSnapshot;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.VersionIs;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A map. Each change raises the map's version, which becomes that of the entry: one that was
 * removed and put again differs from what it was. Sorted by key, so that pages of it fit together.
 */
final class MapState extends SharedObject {

  static final int KEY_BYTES_MAX = 1 << 10;

  private final TreeMap<ByteString, Stored> entries =
      new TreeMap<>(ByteString.unsignedLexicographicalComparator());
  private long version;

  private record Stored(ByteString value, long version) {}

  MapState(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    super(number, ref, spec, objects);
  }

  @Override
  Reply.Builder apply(Call call) {
    if (!call.operation().hasChangeMap()) {
      return refused(misdirected(call));
    }
    ChangeMap change = call.operation().getChangeMap();
    Refusal refusal = objects.check(change.getGuard());
    if (refusal != null) {
      return refused(refusal);
    }
    return switch (change.getChangeCase()) {
      case PUT -> put(change.getPut());
      case REMOVE -> remove(change.getRemove());
      case ADD -> add(change.getAdd());
      case CLEAR -> clear();
      case CHANGE_NOT_SET -> refused(Refusals.invalid(title() + ": a change of nothing"));
    };
  }

  private Reply.Builder put(MapPut put) {
    Refusal refusal = checkSizes(put.getKey(), put.getValue());
    if (refusal != null) {
      return refused(refusal);
    }
    Stored before = entries.get(put.getKey());
    if (put.hasOnlyIf() && differs(put.getOnlyIf(), before)) {
      return changed(before, entry(before, false), true);
    }
    refusal = objects.checkRoom(this, more(put.getKey(), before, put.getValue()));
    return refusal != null
        ? refused(refusal)
        : changed(before, entry(store(put.getKey(), before, put.getValue()), false), false);
  }

  private Reply.Builder remove(MapRemove remove) {
    Stored before = entries.get(remove.getKey());
    if (remove.hasOnlyIf() && differs(remove.getOnlyIf(), before)) {
      return changed(before, entry(before, false), true);
    }
    if (before != null) {
      entries.remove(remove.getKey());
      grow(-bytesOf(remove.getKey(), before.value));
      version++;
    }
    return changed(before, MapChanged.Entry.getDefaultInstance(), false);
  }

  private Reply.Builder add(MapAdd add) {
    Stored before = entries.get(add.getKey());
    ByteString sum = Numbers.add(before == null ? Numbers.ZERO : before.value, add.getDelta());
    if (sum == null) {
      return refused(
          Refusals.invalid(
              title() + ": the entry is no whole number of 64 bits; put one before you add to it"));
    }
    Refusal refusal = checkSizes(add.getKey(), sum);
    if (refusal == null) {
      refusal = objects.checkRoom(this, more(add.getKey(), before, sum));
    }
    return refusal != null
        ? refused(refusal)
        : changed(before, entry(store(add.getKey(), before, sum), true), false);
  }

  private Reply.Builder clear() {
    if (!entries.isEmpty()) {
      entries.clear();
      grow(-bytes());
      version++;
    }
    return changed(null, MapChanged.Entry.getDefaultInstance(), false);
  }

  private Stored store(ByteString key, @Nullable Stored before, ByteString value) {
    grow(more(key, before, value));
    Stored stored = new Stored(value, ++version);
    entries.put(key, stored);
    return stored;
  }

  private @Nullable Refusal checkSizes(ByteString key, ByteString value) {
    if (key.isEmpty() || key.size() > KEY_BYTES_MAX) {
      return Refusals.invalid(
          title() + ": a key of " + key.size() + " bytes; it has 1 to " + KEY_BYTES_MAX);
    }
    return checkValue(value);
  }

  private static boolean differs(VersionIs expected, @Nullable Stored there) {
    return expected.getVersion() != (there == null ? 0 : there.version);
  }

  private static long bytesOf(ByteString key, ByteString value) {
    return (long) key.size() + value.size() + ELEMENT_BYTES;
  }

  private static long more(ByteString key, @Nullable Stored before, ByteString value) {
    return bytesOf(key, value) - (before == null ? 0 : bytesOf(key, before.value));
  }

  private static Reply.Builder changed(
      @Nullable Stored before, MapChanged.Entry after, boolean differs) {
    return Reply.newBuilder()
        .setMapChanged(
            MapChanged.newBuilder()
                .setBefore(entry(before, true))
                .setAfter(after)
                .setDiffers(differs));
  }

  private static MapChanged.Entry entry(@Nullable Stored stored, boolean withValue) {
    if (stored == null) {
      return MapChanged.Entry.getDefaultInstance();
    }
    MapChanged.Entry.Builder into =
        MapChanged.Entry.newBuilder().setPresent(true).setVersion(stored.version);
    return (withValue ? into.setValue(stored.value) : into).build();
  }

  // ---- reads

  @Override
  void status(ObjectStatus.Builder into) {
    into.setCount(entries.size()).setVersion(version);
  }

  @Override
  @Nullable Refusal read(ObjectQuery query, ReadResponse.Builder into) {
    return switch (query.getQuestionCase()) {
      case KEY -> {
        var answer = into.getEntriesBuilder().setVersion(version);
        Stored found = entries.get(query.getKey());
        if (found != null) {
          answer.addEntries(entry(query.getKey(), found));
        }
        yield null;
      }
      case ENTRIES -> {
        page(query.getEntries(), into);
        yield null;
      }
      default -> super.read(query, into);
    };
  }

  private void page(EntriesQuery query, ReadResponse.Builder into) {
    var answer = into.getEntriesBuilder().setVersion(version);
    Page page = new Page(query.getLimit());
    for (var each : entries.tailMap(query.getAfter(), false).entrySet()) {
      if (!page.takes(each.getKey().size() + each.getValue().value.size())) {
        answer.setMore(true);
        return;
      }
      answer.addEntries(entry(each.getKey(), each.getValue()));
    }
  }

  private static MapEntry entry(ByteString key, Stored stored) {
    return MapEntry.newBuilder()
        .setKey(key)
        .setValue(stored.value)
        .setVersion(stored.version)
        .build();
  }

  // ---- snapshot

  @Override
  void save(ObjectSnapshot.Builder into) {
    MapSnapshot.Builder map = into.getMapBuilder().setVersion(version);
    entries.forEach((key, stored) -> map.addEntries(entry(key, stored)));
  }

  @Override
  void restore(ObjectSnapshot from) {
    version = from.getMap().getVersion();
    for (MapEntry entry : from.getMap().getEntriesList()) {
      entries.put(entry.getKey(), new Stored(entry.getValue(), entry.getVersion()));
      grow(bytesOf(entry.getKey(), entry.getValue()));
    }
  }
}
