package dev.podpool.function.internal;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What names a function across JVMs, as bytes. {@link Resolver} reads what this writes: version,
 * kind, class, method, descriptor, digest, receiver, captured values, types.
 *
 * @param kind one of {@code MethodHandleInfo.REF_*}
 * @param className binary name
 * @param descriptor the method's, as in its class file
 * @param digest SHA-256 of the class file; null if the class may differ between the two sides
 * @param digestRequired whether a class whose file can't be read is refused too
 * @param receiver where a bound receiver comes from: one of the constants
 * @param receiverClass binary name; empty for {@link #NO_RECEIVER}
 * @param captured the receiver if it is a value, then the other captured values
 * @param argumentTypes null stands for what the descriptor says
 * @param resultType likewise
 */
public record FunctionReference(
    int kind,
    String className,
    String method,
    String descriptor,
    @SuppressWarnings("ArrayRecordComponent") byte @Nullable [] digest,
    boolean digestRequired,
    int receiver,
    String receiverClass,
    PayloadWriter captured,
    List<@Nullable Type> argumentTypes,
    @Nullable Type resultType) {
  static final int VERSION = 1;

  static final int NO_RECEIVER = 0;
  static final int RECEIVER_IS_VALUE = 1;

  /** Made by its no-argument constructor. */
  static final int RECEIVER_IS_NEW = 2;

  /** Made without its constructor; the captured values are its fields. */
  static final int RECEIVER_IS_FIELDS = 3;

  static final int NO_DIGEST = 0;
  static final int DIGEST_IF_READABLE = 1;
  static final int DIGEST_REQUIRED = 2;

  /**
   * The function that {@code reference} names, for people: "Squares::square".
   *
   * @throws dev.podpool.function.DecodeException as {@link #resolve}
   */
  public static String name(byte[] reference) {
    return Resolver.name(reference);
  }

  /**
   * Finds in {@code loader} the function that {@code reference} names. Runs nothing of the user's
   * but, for a function that is an object, its constructor; initializes its class when it is
   * called.
   *
   * @throws dev.podpool.function.CodeMismatchException if its class is another build here
   * @throws dev.podpool.function.FunctionNotFoundException if it, or a class it names, is not here
   *     or not accessible
   * @throws dev.podpool.function.DecodeException if the bytes are no reference, or of a later
   *     version
   */
  public static ResolvedFunction resolve(byte[] reference, ClassLoader loader) {
    return Resolver.resolve(reference, loader);
  }

  byte[] toBytes() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      out.writeByte(kind);
      out.writeUTF(className);
      out.writeUTF(method);
      out.writeUTF(descriptor);
      if (digest == null) {
        out.writeByte(NO_DIGEST);
      } else {
        out.writeByte(digestRequired ? DIGEST_REQUIRED : DIGEST_IF_READABLE);
        out.write(digest);
      }
      out.writeByte(receiver);
      out.writeUTF(receiverClass);
      out.writeByte(captured.count());
      out.writeInt(captured.sizeBytes());
      out.write(captured.buffer(), 0, captured.sizeBytes());
      out.writeByte(argumentTypes.size());
      for (Type type : argumentTypes) {
        TypeTree.write(type, out);
      }
      TypeTree.write(resultType, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory doesn't fail
    }
    return bytes.toByteArray();
  }
}
