package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.Holder;
import dev.podpool.protocol.LockGuard;
import dev.podpool.protocol.NameQueue;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectQuery;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.ObjectsQuery;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PipeEnd;
import dev.podpool.protocol.QueueNamed;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All objects that sessions share: which there are, who has opened them, and how long they stay.
 */
final class SharedObjects {

  static final int OBJECTS_MAX = 100_000;

  /** Bytes that all objects hold together. */
  static final long BYTES_MAX = 1L << 30;

  /** Largest item, message, element or value. */
  static final int VALUE_BYTES_MAX = 1 << 20;

  private static final int ID_BYTES = 16;
  private static final int QUEUE_ID_BYTES = 8;
  private static final long ANONYMOUS_MILLIS = 10 * 60 * 1000L;
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  private final Sessions sessions;
  private final Waits waits;
  private final LinkedHashMap<ObjectRef, SharedObject> byRef = new LinkedHashMap<>();
  // The same, as they are listed.
  private final TreeMap<Place, SharedObject> inOrder = new TreeMap<>(Place.ORDER);
  private final Timers<SharedObject> timers =
      new Timers<>(object -> object.dueAtMillis, Comparator.comparingLong(object -> object.number));
  // By their locks, which need not be there; ascending numbers.
  private final LinkedHashMap<ObjectRef, TreeMap<Long, ConditionState>> conditions =
      new LinkedHashMap<>();
  private long lastNumber;
  private long lastToken;
  private ByteString queueId = ByteString.EMPTY; // until somebody asks for it
  private long bytes;
  private long nowMillis;

  /**
   * Where an object stands in the list of its kind: by name; those without one behind, by number.
   */
  private record Place(ObjectKind kind, boolean isAnonymous, String name, long number) {

    static final Comparator<Place> ORDER =
        Comparator.comparing(Place::kind)
            .thenComparing(Place::isAnonymous)
            .thenComparing(Place::name)
            .thenComparing(Place::number, Long::compareUnsigned);

    static Place of(SharedObject object) {
      ObjectKind kind = object.ref.getKind();
      String name = object.ref.getName();
      return name.isEmpty() ? ofNumber(kind, object.number) : ofName(kind, name);
    }

    /** Of the empty name: before all others. */
    static Place ofName(ObjectKind kind, String name) {
      return new Place(kind, false, name, 0);
    }

    static Place ofNumber(ObjectKind kind, long number) {
      return new Place(kind, true, "", number);
    }
  }

  SharedObjects(Sessions sessions) {
    this.sessions = sessions;
    waits = new Waits(sessions);
  }

  Sessions sessions() {
    return sessions;
  }

  Waits waits() {
    return waits;
  }

  /** The time and the effects of the entry that is being applied; sees to what is due. */
  void startEntry(long entryMillis, Effects effects) {
    nowMillis = entryMillis;
    waits.startEntry(entryMillis, effects);
    while (timers.isDue(nowMillis)) {
      forget(timers.take());
    }
  }

  // ---- operations

  /** Null: done, or waiting. */
  Reply.@Nullable Builder apply(SessionState session, long sequence, Operation operation) {
    ObjectRef ref = refOf(operation);
    Refusal refusal = check(ref);
    if (refusal != null) {
      return SharedObject.refused(refusal);
    }
    SharedObject object = byRef.get(ref);
    if (operation.hasOpenObject()) {
      refusal = open(operation.getOpenObject(), object, session);
      return refusal == null ? null : SharedObject.refused(refusal);
    }
    if (operation.hasDeleteObject()) {
      if (object != null) {
        forget(object);
      }
      return null;
    }
    if (object == null) {
      return SharedObject.refused(unknown(ref));
    }
    opened(object, session);
    return object.apply(new SharedObject.Call(session, sequence, operation));
  }

  /** Tells which queue this is; by the name that is given, if it has none. */
  Reply.Builder name(NameQueue name) {
    if (name.getId().size() != QUEUE_ID_BYTES) {
      return SharedObject.refused(
          Refusals.invalid(
              "a queue's id of "
                  + name.getId().size()
                  + " bytes; take "
                  + QUEUE_ID_BYTES
                  + " random ones"));
    }
    if (queueId.isEmpty()) {
      queueId = name.getId();
    }
    return Reply.newBuilder().setQueueNamed(QueueNamed.newBuilder().setId(queueId));
  }

  /** Which object an operation is about. */
  private static ObjectRef refOf(Operation operation) {
    return switch (operation.getKindCase()) {
      case OPEN_OBJECT -> operation.getOpenObject().getObject();
      case DELETE_OBJECT -> operation.getDeleteObject().getObject();
      case ACQUIRE_LOCK -> operation.getAcquireLock().getLock();
      case RELEASE_LOCK -> operation.getReleaseLock().getLock();
      case ACQUIRE_PERMITS -> operation.getAcquirePermits().getSemaphore();
      case RELEASE_PERMITS -> operation.getReleasePermits().getSemaphore();
      case SET_EVENT -> operation.getSetEvent().getEvent();
      case AWAIT_EVENT -> operation.getAwaitEvent().getEvent();
      case AWAIT_CONDITION -> operation.getAwaitCondition().getCondition();
      case SIGNAL_CONDITION -> operation.getSignalCondition().getCondition();
      case AWAIT_BARRIER -> operation.getAwaitBarrier().getBarrier();
      case BREAK_BARRIER -> operation.getBreakBarrier().getBarrier();
      case CHANGE_MAP -> operation.getChangeMap().getMap();
      case CHANGE_LIST -> operation.getChangeList().getList();
      case CHANGE_VALUE -> operation.getChangeValue().getObject();
      case PUT_ITEMS -> operation.getPutItems().getQueue();
      case TAKE_ITEM -> operation.getTakeItem().getQueue();
      case CONFIRM_ITEM -> operation.getConfirmItem().getQueue();
      case TASK_DONE -> operation.getTaskDone().getQueue();
      case JOIN_QUEUE -> operation.getJoinQueue().getQueue();
      case CLOSE_QUEUE -> operation.getCloseQueue().getQueue();
      case HOLD_END -> operation.getHoldEnd().getPipe();
      case CLOSE_END -> operation.getCloseEnd().getPipe();
      case SEND_MESSAGE -> operation.getSendMessage().getPipe();
      case RECEIVE_MESSAGE -> operation.getReceiveMessage().getPipe();
      case CONFIRM_MESSAGE -> operation.getConfirmMessage().getPipe();
      default -> ObjectRef.getDefaultInstance(); // about none: refused
    };
  }

  private static @Nullable Refusal check(ObjectRef ref) {
    boolean isNamed = !ref.getName().isEmpty();
    if (ref.getKind() == ObjectKind.OBJECT_KIND_UNSPECIFIED
        || ref.getKind() == ObjectKind.UNRECOGNIZED) {
      return Refusals.invalid("an object of kind " + ref.getKindValue() + "; there is none");
    }
    boolean isId = !ref.getId().isEmpty() && !isNamed;
    if (isId ? ref.getId().size() != ID_BYTES : !NAME.matcher(ref.getName()).matches()) {
      return Refusals.invalid(
          !isId
              ? "object name '"
                  + ref.getName()
                  + "'; use 1 to 63 lower-case letters, digits and dashes, not a dash at either end"
              : "an object without a name, and with an id of "
                  + ref.getId().size()
                  + " bytes; take "
                  + ID_BYTES
                  + " random ones");
    }
    return isNamed && !ref.getId().isEmpty()
        ? Refusals.invalid("object '" + ref.getName() + "' with an id too; give one of the two")
        : null;
  }

  static Refusal unknown(ObjectRef ref) {
    return Refusals.of(
        ErrorCode.OBJECT_UNKNOWN,
        "there is no "
            + ref.getKind().name().toLowerCase(Locale.ROOT)
            + (ref.getName().isEmpty() ? " of that id" : " '" + ref.getName() + "'")
            + "; it was deleted, or its time to live has passed");
  }

  private @Nullable Refusal open(
      OpenObject open, @Nullable SharedObject object, SessionState session) {
    Refusal refusal = checkTimeToLive(open);
    if (refusal != null) {
      return refusal;
    }
    if (object != null) {
      if (open.hasSpec() && !isMadeAs(open.getSpec(), object.spec)) {
        return Refusals.of(
            ErrorCode.OBJECT_EXISTS,
            object.title()
                + " exists, and is made otherwise; open it as it is, delete it before, or take"
                + " another name");
      }
      opened(object, session);
      keepFor(object, open.getTimeToLiveMillis());
      return null;
    }
    if (!open.hasSpec()) {
      return unknown(open.getObject());
    }
    if (byRef.size() >= OBJECTS_MAX) {
      return Refusals.of(
          ErrorCode.QUEUE_FULL,
          "the queue has " + OBJECTS_MAX + " shared objects, its limit; delete some");
    }
    refusal = SharedObjectKinds.check(open.getObject(), open.getSpec(), this);
    if (refusal != null) {
      return refusal;
    }
    SharedObject made =
        SharedObjectKinds.make(++lastNumber, open.getObject(), open.getSpec(), this);
    add(made);
    opened(made, session);
    keepFor(made, open.getTimeToLiveMillis());
    return null;
  }

  private void add(SharedObject object) {
    byRef.put(object.ref, object);
    inOrder.put(Place.of(object), object);
  }

  private static @Nullable Refusal checkTimeToLive(OpenObject open) {
    long shortest = Math.min(open.getSpec().getTimeToLiveMillis(), open.getTimeToLiveMillis());
    return shortest >= 0
        ? null
        : Refusals.invalid(
            "time_to_live_millis " + shortest + "; at least 1, or 0 for the default");
  }

  /** How long it stays is no part of what it is: that may change. */
  private static boolean isMadeAs(ObjectSpec asked, ObjectSpec spec) {
    return asked.toBuilder().setTimeToLiveMillis(spec.getTimeToLiveMillis()).build().equals(spec);
  }

  /** 0: as long as before. */
  private static void keepFor(SharedObject object, long millis) {
    if (millis > 0) {
      object.spec = object.spec.toBuilder().setTimeToLiveMillis(millis).build();
    }
  }

  /** {@code object} is there for {@code session} too, and hears of its end. */
  void opened(SharedObject object, SessionState session) {
    if (object.sessions.add(session.id)) {
      session.objects.put(object.number, object);
      due(object, 0);
    }
  }

  private void due(SharedObject object, long atMillis) {
    timers.remove(object);
    object.dueAtMillis = atMillis;
    timers.add(object);
  }

  private void forget(SharedObject object) {
    timers.remove(object);
    byRef.remove(object.ref);
    inOrder.remove(Place.of(object));
    for (long id : object.sessions) {
      SessionState session = sessions.find(id);
      if (session != null) {
        session.objects.remove(object.number);
      }
    }
    object.deleted();
  }

  /** What it held is free, and what only it had opened begins to age. */
  void endSession(SessionState session) {
    waits.endSession(session.id);
    for (SharedObject object : List.copyOf(session.objects.values())) {
      object.sessions.remove(session.id);
      object.endSession(session.id);
      if (object.sessions.isEmpty() && byRef.containsKey(object.ref)) {
        long millis = object.spec.getTimeToLiveMillis();
        if (millis == 0 && object.ref.getName().isEmpty()) {
          millis = ANONYMOUS_MILLIS;
        }
        due(object, millis == 0 ? 0 : Timers.later(nowMillis, millis));
      }
    }
    session.objects.clear();
  }

  /** It had its fill of items, and has confirmed some. */
  void goOn(SessionState session) {
    for (SharedObject object : List.copyOf(session.objects.values())) {
      object.goOn(session.id);
    }
  }

  // ---- ends of pipes that processes hold

  /** The process holds {@code end} from now on; else why it can't. */
  @Nullable Refusal hold(PipeEnd end, String process) {
    return byRef.get(end.getPipe()) instanceof PipeState pipe
        ? pipe.hold(end.getEnd(), process)
        : unknown(end.getPipe());
  }

  /** It holds it no longer, if it does. */
  void release(PipeEnd end, String process) {
    if (byRef.get(end.getPipe()) instanceof PipeState pipe) {
      pipe.release(end.getEnd(), process);
    }
  }

  // ---- for the objects

  /** Nobody can make use of {@code object} any more. */
  void done(SharedObject object) {
    forget(object);
  }

  /** Larger than every one before, of whatever lock. */
  long nextToken() {
    return ++lastToken;
  }

  /** Null: {@code guard} is none, or holds. */
  @Nullable Refusal check(LockGuard guard) {
    if (!guard.hasLock()) {
      return null;
    }
    if (byRef.get(guard.getLock()) instanceof LockState lock) {
      return lock.isHeldBy(guard.getToken()) ? null : lock.lost(guard.getToken());
    }
    return unknown(guard.getLock());
  }

  /** The lock of that name; null where there is none. */
  @Nullable LockState lock(ObjectRef ref) {
    return byRef.get(ref) instanceof LockState lock ? lock : null;
  }

  void add(ConditionState condition) {
    conditions
        .computeIfAbsent(condition.lockRef(), any -> new TreeMap<>())
        .put(condition.number, condition);
  }

  void remove(ConditionState condition) {
    TreeMap<Long, ConditionState> its = conditions.get(condition.lockRef());
    if (its != null && its.remove(condition.number) != null && its.isEmpty()) {
      conditions.remove(condition.lockRef());
    }
  }

  /** Those that give back the lock of that name while they wait. */
  Collection<ConditionState> conditionsOf(ObjectRef lock) {
    TreeMap<Long, ConditionState> its = conditions.get(lock);
    return its == null ? List.of() : its.values();
  }

  Holder holder(long session, long count) {
    SessionState found = sessions.find(session);
    return Holder.newBuilder()
        .setSession(session)
        .setPrincipal(found == null ? "" : found.opened.getPrincipal())
        .setCount(count)
        .build();
  }

  void grow(long more) {
    bytes += more;
  }

  /** Why {@code more} bytes can't be added; null where they can. */
  @Nullable Refusal checkRoom(SharedObject object, long more) {
    return checkRoom(object.title(), more);
  }

  @Nullable Refusal checkRoom(String title, long more) {
    return more <= 0 || bytes + more <= BYTES_MAX
        ? null
        : Refusals.of(
            ErrorCode.QUEUE_FULL,
            title
                + ": shared objects hold "
                + bytes
                + " bytes, and at most "
                + BYTES_MAX
                + " all together; take or remove some");
  }

  // ---- reads

  @Nullable Refusal read(ObjectQuery query, ReadResponse.Builder into) {
    Refusal refusal = check(query.getObject());
    if (refusal != null) {
      return refusal;
    }
    SharedObject object = byRef.get(query.getObject());
    if (object == null) {
      return unknown(query.getObject());
    }
    if (query.hasStatus()) {
      into.setObject(object.status());
      return null;
    }
    return object.read(query, into);
  }

  @Nullable Refusal read(ObjectsQuery query, ReadResponse.Builder into) {
    Place from =
        query.getAfterNumber() == 0
            ? Place.ofName(query.getKind(), query.getAfter())
            : Place.ofNumber(query.getKind(), query.getAfterNumber());
    var answer = into.getObjectsBuilder();
    Page page = new Page(query.getLimit());
    for (SharedObject object : inOrder.tailMap(from, false).values()) {
      if (object.ref.getKind() != query.getKind()) {
        break;
      }
      ObjectStatus status = object.status();
      if (!page.takes(status.getSerializedSize())) {
        answer.setMore(true);
        break;
      }
      answer.addObjects(status);
    }
    return null;
  }

  long nextDeadlineMillis() {
    return Math.min(waits.nextDeadlineMillis(), timers.nextMillis());
  }

  // ---- snapshot

  Collection<SharedObject> all() {
    return byRef.values();
  }

  long lastNumber() {
    return lastNumber;
  }

  long lastToken() {
    return lastToken;
  }

  ByteString queueId() {
    return queueId;
  }

  void restoreQueueId(ByteString id) {
    queueId = id;
  }

  /** What all of them hold. */
  long bytes() {
    return bytes;
  }

  void restoreLast(long number, long token) {
    lastNumber = number;
    lastToken = token;
  }

  /** When the sessions are there. */
  void restore(List<ObjectSnapshot> snapshots) {
    for (ObjectSnapshot from : snapshots) {
      SharedObject object =
          SharedObjectKinds.make(from.getNumber(), from.getObject(), from.getSpec(), this);
      add(object);
      object.restore(from);
      for (long id : from.getSessionsList()) {
        SessionState session = sessions.find(id);
        if (session == null) {
          throw new IllegalStateException(
              "snapshot has object " + object.title() + " opened by no session: " + id);
        }
        object.sessions.add(id);
        session.objects.put(object.number, object);
      }
      due(object, from.getDueAtMillis());
      object.restoreLines(from);
    }
  }
}
