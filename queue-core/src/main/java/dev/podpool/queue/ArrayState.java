package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ArraySnapshot;
import dev.podpool.protocol.ArraySpec;
import dev.podpool.protocol.ChangeValue;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.ValueChanged;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An array, each element of which has a version of its own; or a value, which is one of one. */
final class ArrayState extends SharedObject {

  static final int LENGTH_MAX = 1_000_000;

  private final ByteString[] elements;
  private final long[] versions;

  ArrayState(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    super(number, ref, spec, objects);
    elements = new ByteString[length(spec)];
    versions = new long[elements.length];
    Arrays.fill(elements, initial(spec));
    Arrays.fill(versions, 1);
    grow(bytesOf(spec));
  }

  private static int length(ObjectSpec spec) {
    return spec.hasValue() ? 1 : spec.getArray().getLength();
  }

  private static ByteString initial(ObjectSpec spec) {
    return spec.hasValue() ? spec.getValue().getInitial() : spec.getArray().getInitial();
  }

  /** What it holds at first. */
  static long bytesOf(ObjectSpec spec) {
    return length(spec) * (initial(spec).size() + (long) ELEMENT_BYTES);
  }

  /** Why there can't be one of {@code spec}, whatever room there is; null where there can. */
  static @Nullable Refusal check(ObjectSpec spec) {
    ArraySpec array = spec.getArray();
    if (array.getLength() < 0 || array.getLength() > LENGTH_MAX) {
      return Refusals.invalid(
          "an array of "
              + Integer.toUnsignedString(array.getLength())
              + " elements; at most "
              + LENGTH_MAX);
    }
    return initial(spec).size() <= SharedObjects.VALUE_BYTES_MAX
        ? null
        : Refusals.invalid(
            "an initial value of "
                + initial(spec).size()
                + " bytes; at most "
                + SharedObjects.VALUE_BYTES_MAX);
  }

  @Override
  Reply.Builder apply(Call call) {
    if (!call.operation().hasChangeValue()) {
      return refused(misdirected(call));
    }
    ChangeValue change = call.operation().getChangeValue();
    Refusal refusal = objects.check(change.getGuard());
    if (refusal != null) {
      return refused(refusal);
    }
    int index = change.getIndex();
    if (index < 0 || index >= elements.length) {
      return refused(
          Refusals.invalid(
              title()
                  + ": index "
                  + Integer.toUnsignedString(index)
                  + " of "
                  + elements.length
                  + "; they begin at 0"));
    }
    return switch (change.getChangeCase()) {
      case SET -> change(change, index, change.getSet());
      case ADD -> {
        ByteString sum = Numbers.add(elements[index], change.getAdd());
        yield sum != null
            ? change(change, index, sum)
            : refused(
                Refusals.invalid(
                    title() + ": it is no whole number of 64 bits; set one before you add to it"));
      }
      case CHANGE_NOT_SET -> refused(Refusals.invalid(title() + ": a change of nothing"));
    };
  }

  private Reply.Builder change(ChangeValue change, int index, ByteString value) {
    Refusal refusal = checkValue(value);
    if (refusal != null) {
      return refused(refusal);
    }
    ByteString before = elements[index];
    if (change.getOnlyIfVersion() != 0 && change.getOnlyIfVersion() != versions[index]) {
      return Reply.newBuilder().setValueChanged(reply(index, before).setDiffers(true));
    }
    long more = (long) value.size() - before.size();
    refusal = objects.checkRoom(this, more);
    if (refusal != null) {
      return refused(refusal);
    }
    elements[index] = value;
    versions[index]++;
    grow(more);
    ValueChanged.Builder changed = reply(index, before);
    return Reply.newBuilder().setValueChanged(change.hasAdd() ? changed.setAfter(value) : changed);
  }

  private ValueChanged.Builder reply(int index, ByteString before) {
    return ValueChanged.newBuilder().setBefore(before).setVersion(versions[index]);
  }

  // ---- reads

  @Override
  void status(ObjectStatus.Builder into) {
    into.setCount(elements.length);
    if (spec.hasValue()) {
      into.setVersion(versions[0]);
    }
  }

  @Override
  @Nullable Refusal read(ObjectQuery query, ReadResponse.Builder into) {
    if (!query.hasElements()) {
      return super.read(query, into);
    }
    var answer = into.getElementsBuilder().setSize(elements.length);
    Page page = new Page(query.getElements().getLimit());
    long first = query.getElements().getFirst();
    for (long at = first; at >= 0 && at < elements.length; at++) {
      int index = (int) at;
      if (!page.takes(elements[index].size())) {
        break;
      }
      answer.addElements(elements[index]).addVersions(versions[index]);
    }
    return null;
  }

  // ---- snapshot

  @Override
  void save(ObjectSnapshot.Builder into) {
    ArraySnapshot.Builder array = into.getArrayBuilder().addAllElements(Arrays.asList(elements));
    for (long version : versions) {
      array.addVersions(version);
    }
  }

  @Override
  void restore(ObjectSnapshot from) {
    List<ByteString> saved = from.getArray().getElementsList();
    for (int index = 0; index < elements.length; index++) {
      grow(saved.get(index).size() - elements[index].size());
      elements[index] = saved.get(index);
      versions[index] = from.getArray().getVersions(index);
    }
  }
}
