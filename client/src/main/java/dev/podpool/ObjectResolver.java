package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.function.DecodeException;
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
 * id in hexadecimal, {@code lock#0f…}.
 */
final class ObjectResolver implements Referenced.Resolver {

  private static final ThreadLocal<@Nullable ObjectLink> DECODING = new ThreadLocal<>();
  private static final Set<ObjectLink> OPEN = ConcurrentHashMap.newKeySet();

  ObjectResolver() {}

  /** A handle of {@code ref}, which is there, and {@code arguments} of its type. */
  @SuppressWarnings("UnusedVariable") // a lock has none; what holds values has those of their type
  private static SharedObject handle(ObjectLink link, ObjectRef ref, List<Type> arguments) {
    return switch (ref.getKind()) {
      case LOCK -> new SharedLock(link, ref, null);
      default ->
          throw new DecodeException(
              reference(ref) + " is of a kind that is not known here; update this side");
    };
  }

  // ---- which queue

  static void opened(ObjectLink link) {
    OPEN.add(link);
  }

  static void closed(ObjectLink link) {
    OPEN.remove(link);
  }

  /** What {@code decoding} gives; handles in it are of {@code link}, where there is one. */
  static <T extends @Nullable Object> T within(@Nullable ObjectLink link, Supplier<T> decoding) {
    ObjectLink before = DECODING.get();
    DECODING.set(link);
    try {
      return decoding.get();
    } finally {
      if (before == null) {
        DECODING.remove();
      } else {
        DECODING.set(before);
      }
    }
  }

  private static ObjectLink link(String reference) {
    ObjectLink decoding = DECODING.get();
    if (decoding != null) {
      return decoding;
    }
    QueueBridge bridge = QueueBridge.installed();
    if (bridge != null) {
      return Podpool.ofProcess(bridge).objects();
    }
    List<ObjectLink> open = List.copyOf(OPEN);
    if (open.size() == 1) {
      return open.get(0);
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

  static String reference(ObjectRef ref) {
    String kind = ref.getKind().name().toLowerCase(Locale.ROOT);
    return ref.getName().isEmpty()
        ? kind + "#" + HexFormat.of().formatHex(ref.getId().toByteArray())
        : kind + ":" + ref.getName();
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
  public Referenced resolve(String reference, Class<?> type, List<Type> arguments) {
    ObjectRef ref = ref(reference);
    try {
      return handle(link(reference), ref, arguments);
    } catch (PodpoolException e) {
      throw new DecodeException(reference + " can't be used here: " + e.getMessage(), e);
    }
  }
}
