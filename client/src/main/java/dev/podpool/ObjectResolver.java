package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.function.DecodeException;
import dev.podpool.function.EncodeException;
import dev.podpool.function.internal.QueueBridge;
import dev.podpool.function.internal.Referenced;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import java.lang.reflect.Type;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes handles of what travelled in their place. A result's are of the {@link Podpool} whose pool
 * gave it; an argument's, in a pool's process, of that pool's queue; others, as with {@code
 * Pool.inline()}, of the only {@code Podpool} that is open.
 *
 * <p>A reference is the kind and the name, {@code lock:basket}, or for an object without a name its
 * id in hexadecimal, {@code lock#0f…}; and behind that the id of its queue, {@code @0f…}: another
 * may have a lock of that name too. Where that differs there is no handle to be had, and none is
 * sent to where it is known to.
 */
final class ObjectResolver implements Referenced.Resolver {

  // Where what this thread encodes goes to, or what it decodes has come from.
  private static final ThreadLocal<@Nullable ObjectLink> PEER = new ThreadLocal<>();
  private static final Set<ObjectLink> OPEN = ConcurrentHashMap.newKeySet();
  private static final String OF_ANOTHER_QUEUE =
      " is of another queue; get the object, and the pool, process or object that it is given to,"
          + " from one Podpool, or from ones of the same runtime or namespace";

  ObjectResolver() {}

  /** A handle of {@code ref}, which is there: a {@code type} with {@code arguments}. */
  private static Referenced handle(
      ObjectLink link, ObjectRef ref, Class<?> type, List<Type> arguments) {
    return switch (ref.getKind()) {
      case LOCK -> link.lock(ref, type == SharedReentrantLock.class);
      case SEMAPHORE -> new SharedSemaphore(link, ref, null);
      case EVENT -> new SharedEvent(link, ref, null);
      case CONDITION -> SharedCondition.of(link, ref);
      case BARRIER -> new SharedBarrier(link, ref, null);
      case QUEUE ->
          type == SharedJoinableQueue.class
              ? new SharedJoinableQueue<>(link, ref, null, values(link, arguments, 0))
              : new SharedQueue<>(link, ref, null, values(link, arguments, 0));
      case MAP ->
          type == Namespace.class
              ? new Namespace(link, ref)
              : new SharedMap<Object, @Nullable Object>(
                  link, ref, keys(arguments), values(link, arguments, 1));
      case LIST -> new SharedList<>(link, ref, values(link, arguments, 0));
      case VALUE -> new SharedValue<>(link, ref, null, values(link, arguments, 0));
      case ARRAY -> new SharedArray<>(link, ref, null, values(link, arguments, 0));
      case PIPE ->
          throw new DecodeException("a pipe can't travel as a whole; pass its first() or second()");
      default ->
          throw new DecodeException(
              reference(ref) + " is of a kind that is not known here; update this side");
    };
  }

  private static ValueCodec<@Nullable Object> values(
      ObjectLink link, List<Type> arguments, int index) {
    return ValueCodec.of(link, arguments.get(index));
  }

  @SuppressWarnings("unchecked") // its keys are what its type says
  private static KeyCodec<Object> keys(List<Type> arguments) {
    return KeyCodec.of((Class<Object>) arguments.get(0));
  }

  // ---- which queue

  static void opened(ObjectLink link) {
    OPEN.add(link);
  }

  static void closed(ObjectLink link) {
    OPEN.remove(link);
  }

  /** What {@code coding} gives; handles that it decodes or encodes are of that queue. */
  static <T extends @Nullable Object> T within(ObjectLink link, Supplier<T> coding) {
    ObjectLink before = PEER.get();
    PEER.set(link);
    try {
      return coding.get();
    } finally {
      PEER.set(before); // not removed: it is done once for each item, and finding none is slow
    }
  }

  /**
   * @param queueId empty: not known
   */
  private static ObjectLink link(String reference, String queueId) {
    ObjectLink peer = PEER.get();
    if (peer != null) {
      return peer;
    }
    QueueBridge bridge = QueueBridge.installed();
    if (bridge != null) {
      return Podpool.ofProcess(bridge).objects();
    }
    List<ObjectLink> open = List.copyOf(OPEN);
    if (open.size() == 1) {
      return open.get(0);
    }
    for (ObjectLink each : open) {
      if (!queueId.isEmpty() && queueId.equals(each.knownQueueId())) {
        return each;
      }
    }
    throw new DecodeException(
        reference
            + " can't be used here: "
            + (open.isEmpty()
                ? "this process has no queue. Run the function in a pool of the runtime that the"
                    + " object is of: Podpool.local().pool(…), or Podpool.connect().pool(…)"
                : "there are "
                    + open.size()
                    + " connections, and nothing says which of them it is of. Pass its name, and"
                    + " ask one of them for it"));
  }

  // ---- references

  /**
   * What a handle at {@code link} travels as.
   *
   * @param reference without its queue
   * @throws EncodeException if it is to go to another queue
   */
  static String reference(ObjectLink link, String reference) {
    ObjectLink peer = PEER.get();
    String queueId = link.queueId();
    if (peer != null && peer != link && !queueId.equals(peer.queueId())) {
      throw new EncodeException(reference + " can't be sent there: it" + OF_ANOTHER_QUEUE);
    }
    return queueId.isEmpty() ? reference : reference + "@" + queueId;
  }

  static String reference(ObjectRef ref) {
    String kind = ref.getKind().name().toLowerCase(Locale.ROOT);
    return ref.getName().isEmpty()
        ? kind + "#" + HexFormat.of().formatHex(ref.getId().toByteArray())
        : kind + ":" + ref.getName();
  }

  /** Of one end of a pipe. */
  static String reference(ObjectRef pipe, int end, boolean duplex) {
    return reference(pipe) + (duplex ? ":duplex:" : ":simplex:") + end;
  }

  private static Connection<?> connection(ObjectLink link, String reference, List<Type> arguments) {
    String[] parts = reference.split(":", -1);
    if (parts.length != 3) {
      throw new DecodeException(
          "'" + reference + "' is no end of a pipe; run the same build on both sides");
    }
    Pipe<@Nullable Object> pipe =
        new Pipe<@Nullable Object>(
            link, ref(parts[0]), parts[1].equals("duplex"), values(link, arguments, 0));
    Connection<?> end = parts[2].equals("1") ? pipe.first() : pipe.second();
    end.hold();
    return end;
  }

  static ObjectRef ref(String reference) {
    int end = Math.max(reference.indexOf(':'), reference.indexOf('#'));
    try {
      ObjectRef.Builder ref = ObjectRef.newBuilder();
      ref.setKind(ObjectKind.valueOf(reference.substring(0, end).toUpperCase(Locale.ROOT)));
      String rest = reference.substring(end + 1);
      return reference.charAt(end) == ':'
          ? ref.setName(rest).build()
          : ref.setId(ByteString.copyFrom(HexFormat.of().parseHex(rest))).build();
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new DecodeException(
          "'" + reference + "' is no shared object; run the same build on both sides", e);
    }
  }

  @Override
  public Referenced resolve(String travelled, Class<?> type, List<Type> arguments) {
    String[] parts = travelled.split("@", 2);
    String reference = parts[0];
    String queueId = parts.length == 1 ? "" : parts[1]; // of a release that did not say it
    try {
      ObjectLink link = link(reference, queueId);
      if (!queueId.isEmpty() && !queueId.equals(link.queueId())) {
        throw new DecodeException(reference + " can't be used here: it" + OF_ANOTHER_QUEUE);
      }
      Referenced handle =
          type == Connection.class
              ? connection(link, reference, arguments)
              : handle(link, ref(reference), type, arguments);
      if (!type.isInstance(handle)) {
        throw new DecodeException(
            reference + " is no " + type.getSimpleName() + "; run the same build on both sides");
      }
      return handle;
    } catch (PodpoolException e) {
      throw new DecodeException(reference + " can't be used here: " + e.getMessage(), e);
    }
  }
}
