package dev.podpool.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.AcquireLock;
import dev.podpool.protocol.ArraySpec;
import dev.podpool.protocol.ChangeList;
import dev.podpool.protocol.ChangeMap;
import dev.podpool.protocol.ChangeValue;
import dev.podpool.protocol.DeleteObject;
import dev.podpool.protocol.Elements;
import dev.podpool.protocol.ElementsQuery;
import dev.podpool.protocol.Entries;
import dev.podpool.protocol.EntriesQuery;
import dev.podpool.protocol.ListInsert;
import dev.podpool.protocol.ListRemove;
import dev.podpool.protocol.ListSet;
import dev.podpool.protocol.ListSpec;
import dev.podpool.protocol.LockGuard;
import dev.podpool.protocol.LockSpec;
import dev.podpool.protocol.MapAdd;
import dev.podpool.protocol.MapPut;
import dev.podpool.protocol.MapRemove;
import dev.podpool.protocol.MapSpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.ReleaseLock;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.StatusQuery;
import dev.podpool.protocol.ValueSpec;
import dev.podpool.protocol.VersionIs;

/** Maps, lists, values and arrays, and a lock that may guard them; keys and values are words. */
final class DataScript {

  static final ObjectRef MAP = ref(ObjectKind.MAP);
  static final ObjectRef LIST = ref(ObjectKind.LIST);
  static final ObjectRef VALUE = ref(ObjectKind.VALUE);
  static final ObjectRef ARRAY = ref(ObjectKind.ARRAY);
  static final ObjectRef LOCK = ref(ObjectKind.LOCK);
  static final int LENGTH = 3;

  final QueueScript queue = new QueueScript();

  static ObjectRef ref(ObjectKind kind) {
    return ObjectRef.newBuilder().setKind(kind).setName("basket").build();
  }

  static ObjectSpec spec(ObjectKind kind) {
    ObjectSpec.Builder spec = ObjectSpec.newBuilder();
    switch (kind) {
      case LOCK -> spec.setLock(LockSpec.getDefaultInstance());
      case MAP -> spec.setMap(MapSpec.getDefaultInstance());
      case LIST -> spec.setList(ListSpec.getDefaultInstance());
      case VALUE -> spec.setValue(ValueSpec.newBuilder().setInitial(bytes("0")));
      case ARRAY -> spec.setArray(ArraySpec.newBuilder().setLength(LENGTH).setInitial(bytes("0")));
      default -> throw new AssertionError("not here: " + kind);
    }
    return spec.build();
  }

  static ByteString bytes(String word) {
    return ByteString.copyFromUtf8(word);
  }

  DataScript client(String name) {
    queue.client(name);
    return this;
  }

  String open(String client, ObjectRef ref) {
    return open(client, ref, spec(ref.getKind()));
  }

  String open(String client, ObjectRef ref, ObjectSpec spec) {
    return queue.send(
        client,
        Operation.newBuilder().setOpenObject(OpenObject.newBuilder().setObject(ref).setSpec(spec)));
  }

  String delete(String client, ObjectRef ref) {
    return queue.send(
        client, Operation.newBuilder().setDeleteObject(DeleteObject.newBuilder().setObject(ref)));
  }

  // ---- changes: what they were answered

  Reply send(String client, Operation.Builder operation) {
    String answer = queue.send(client, operation);
    QueueScript.Party party = queue.party(client);
    Reply reply = party.replies.get(party.sequence);
    assertThat(reply).as("%s, answered %s", operation.getKindCase(), answer).isNotNull();
    return reply;
  }

  /** 0: no lock guards it. */
  static LockGuard guard(long token) {
    return token == 0
        ? LockGuard.getDefaultInstance()
        : LockGuard.newBuilder().setLock(LOCK).setToken(token).build();
  }

  Reply map(String client, ChangeMap.Builder change, long token) {
    return send(
        client, Operation.newBuilder().setChangeMap(change.setMap(MAP).setGuard(guard(token))));
  }

  Reply list(String client, ChangeList.Builder change, long token) {
    return send(
        client, Operation.newBuilder().setChangeList(change.setList(LIST).setGuard(guard(token))));
  }

  Reply value(String client, ObjectRef ref, ChangeValue.Builder change, long token) {
    return send(
        client,
        Operation.newBuilder().setChangeValue(change.setObject(ref).setGuard(guard(token))));
  }

  static ChangeMap.Builder put(String key, String value) {
    return ChangeMap.newBuilder()
        .setPut(MapPut.newBuilder().setKey(bytes(key)).setValue(bytes(value)));
  }

  static ChangeMap.Builder putIf(String key, String value, long version) {
    ChangeMap.Builder change = put(key, value);
    change.getPutBuilder().setOnlyIf(VersionIs.newBuilder().setVersion(version));
    return change;
  }

  static ChangeMap.Builder remove(String key) {
    return ChangeMap.newBuilder().setRemove(MapRemove.newBuilder().setKey(bytes(key)));
  }

  static ChangeMap.Builder removeIf(String key, long version) {
    ChangeMap.Builder change = remove(key);
    change.getRemoveBuilder().setOnlyIf(VersionIs.newBuilder().setVersion(version));
    return change;
  }

  static ChangeMap.Builder add(String key, long delta) {
    return ChangeMap.newBuilder().setAdd(MapAdd.newBuilder().setKey(bytes(key)).setDelta(delta));
  }

  static ChangeList.Builder insert(long index, String... words) {
    ListInsert.Builder insert = ListInsert.newBuilder().setIndex(index);
    for (String word : words) {
      insert.addElements(bytes(word));
    }
    return ChangeList.newBuilder().setInsert(insert);
  }

  static ChangeList.Builder setAt(long index, String word, long version) {
    return ChangeList.newBuilder()
        .setSet(
            ListSet.newBuilder().setIndex(index).setElement(bytes(word)).setOnlyIfVersion(version));
  }

  static ChangeList.Builder removeAt(long index) {
    return ChangeList.newBuilder().setRemove(ListRemove.newBuilder().setIndex(index));
  }

  static ChangeValue.Builder set(int index, String word, long version) {
    return ChangeValue.newBuilder().setIndex(index).setSet(bytes(word)).setOnlyIfVersion(version);
  }

  static ChangeValue.Builder addTo(int index, long delta) {
    return ChangeValue.newBuilder().setIndex(index).setAdd(delta);
  }

  /** The token. */
  long lock(String client) {
    return send(
            client, Operation.newBuilder().setAcquireLock(AcquireLock.newBuilder().setLock(LOCK)))
        .getLockGranted()
        .getToken();
  }

  void unlock(String client, long token) {
    queue.send(
        client,
        Operation.newBuilder()
            .setReleaseLock(ReleaseLock.newBuilder().setLock(LOCK).setToken(token)));
  }

  // ---- reads

  ReadResponse read(ObjectQuery.Builder query) {
    return queue.machine.read(ReadRequest.newBuilder().setObject(query).build());
  }

  Entries entries(String after, int limit) {
    return read(ObjectQuery.newBuilder()
            .setObject(MAP)
            .setEntries(EntriesQuery.newBuilder().setAfter(bytes(after)).setLimit(limit)))
        .getEntries();
  }

  Elements elements(ObjectRef ref, long first, int limit) {
    return read(ObjectQuery.newBuilder()
            .setObject(ref)
            .setElements(ElementsQuery.newBuilder().setFirst(first).setLimit(limit)))
        .getElements();
  }

  ObjectStatus status(ObjectRef ref) {
    return read(ObjectQuery.newBuilder().setObject(ref).setStatus(StatusQuery.getDefaultInstance()))
        .getObject();
  }
}
