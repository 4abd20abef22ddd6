package dev.podpool.function.internal;

import dev.podpool.function.CodeMismatchException;
import dev.podpool.function.DecodeException;
import dev.podpool.function.FunctionNotFoundException;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Reads a {@link FunctionReference}'s bytes, in the worker. On the path to the first result. */
final class Resolver {
  private static final int DIGEST_CHARS_SHOWN = 12;

  private final ClassLoader loader;
  private final DataInputStream in;
  private final int kind;
  private final String className;
  private final String method;

  private Resolver(DataInputStream in, ClassLoader loader) throws IOException {
    this.in = in;
    this.loader = loader;
    int version = in.readByte();
    if (version != FunctionReference.VERSION) {
      throw new DecodeException(
          "a function's reference has version "
              + version
              + ", and this worker reads version "
              + FunctionReference.VERSION
              + "; run the same Podpool on both sides");
    }
    this.kind = in.readByte();
    this.className = in.readUTF();
    this.method = in.readUTF();
  }

  static ResolvedFunction resolve(byte[] reference, ClassLoader loader) {
    try (var in = new DataInputStream(new ByteArrayInputStream(reference))) {
      return new Resolver(in, loader).resolve();
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(e);
    }
  }

  static String name(byte[] reference) {
    try (var in = new DataInputStream(new ByteArrayInputStream(reference))) {
      Resolver resolver = new Resolver(in, ClassLoader.getSystemClassLoader());
      return resolver.method.startsWith("lambda$")
          ? "a lambda in " + resolver.className
          : resolver.name();
    } catch (IOException e) {
      throw damaged(e);
    }
  }

  private static DecodeException damaged(Exception e) {
    return new DecodeException("a function's reference is damaged or cut off; submit it again", e);
  }

  private ResolvedFunction resolve() throws IOException {
    try {
      String descriptor = in.readUTF();
      Class<?> type = Class.forName(className, false, loader);
      checkBuild(type);
      MethodType signature = MethodType.fromMethodDescriptorString(descriptor, loader);
      MethodHandle handle = bind(find(type, signature));
      int arity = in.readByte();
      Type[] arguments = new Type[arity];
      for (int i = 0; i < arity; i++) {
        Type given = TypeTree.read(in, loader);
        arguments[i] = given == null ? handle.type().parameterType(i) : given;
      }
      Type given = TypeTree.read(in, loader);
      Type result = given == null ? handle.type().returnType() : given;
      return new ResolvedFunction(
          name(),
          generic(handle, arity),
          ArgumentsCodec.of(Arrays.asList(arguments)),
          Codecs.of(result));
    } catch (ClassNotFoundException | TypeNotPresentException | LinkageError e) {
      throw new FunctionNotFoundException(
          "a class of the function "
              + name()
              + " is not in the worker: "
              + e.getMessage()
              + "; let the code travel, or use a worker image that has it",
          e);
    }
  }

  private String name() {
    // Not by +, whose first use in a JVM takes about 10 ms; nothing else here concatenates but
    // errors.
    String last = kind == MethodHandleInfo.REF_newInvokeSpecial ? "new" : method;
    return className.concat("::").concat(last);
  }

  private void checkBuild(Class<?> type) throws IOException {
    int mode = in.readByte();
    if (mode == FunctionReference.NO_DIGEST) {
      return;
    }
    byte[] theirs = new byte[ClassFiles.DIGEST_BYTES];
    in.readFully(theirs);
    byte[] classFile = ClassFiles.read(type);
    if (classFile == null) {
      if (mode == FunctionReference.DIGEST_REQUIRED) {
        throw mismatch(theirs, "a class file that cannot be read");
      }
      return;
    }
    byte[] ours = Sha256.digest(classFile);
    if (!Arrays.equals(theirs, ours)) {
      throw mismatch(theirs, "sha256 " + shortened(ours));
    }
  }

  private CodeMismatchException mismatch(byte[] theirs, String ours) {
    return new CodeMismatchException(
        className
            + " is another build in the worker: it has "
            + ours
            + ", and the submitter has sha256 "
            + shortened(theirs)
            + "; restart the worker with the submitter's build, or let the code travel");
  }

  private static String shortened(byte[] digest) {
    return HexFormat.of().formatHex(digest).substring(0, DIGEST_CHARS_SHOWN);
  }

  private MethodHandle find(Class<?> type, MethodType signature) {
    try {
      MethodHandles.Lookup lookup = lookup(type);
      MethodHandle found =
          switch (kind) {
            case MethodHandleInfo.REF_invokeStatic -> lookup.findStatic(type, method, signature);
            case MethodHandleInfo.REF_newInvokeSpecial -> lookup.findConstructor(type, signature);
            case MethodHandleInfo.REF_invokeVirtual,
                MethodHandleInfo.REF_invokeInterface,
                MethodHandleInfo.REF_invokeSpecial ->
                lookup.findVirtual(type, method, signature);
            default ->
                throw new DecodeException(
                    "a function's reference is damaged: it has kind " + kind + "; submit it again");
          };
      return found.asFixedArity();
    } catch (NoSuchMethodException e) {
      throw new FunctionNotFoundException(
          "the worker's build of "
              + className
              + " has no "
              + method
              + signature
              + "; restart the worker with the submitter's build, or let the code travel",
          e);
    } catch (IllegalAccessException e) {
      throw notOpen(type, e);
    }
  }

  /**
   * What may be called without asking is looked up as anyone would; the rest as the class itself.
   */
  private static MethodHandles.Lookup lookup(Class<?> type) throws IllegalAccessException {
    MethodHandles.Lookup own = MethodHandles.lookup();
    Module module = type.getModule();
    if (module.isNamed() && !module.isOpen(type.getPackageName(), own.lookupClass().getModule())) {
      return MethodHandles.publicLookup();
    }
    return MethodHandles.privateLookupIn(type, own);
  }

  private FunctionNotFoundException notOpen(Class<?> type, IllegalAccessException e) {
    return new FunctionNotFoundException(
        name()
            + " is not public, and "
            + type.getModule()
            + " does not open its package; add `opens "
            + type.getPackageName()
            + ";` to its module-info.java, or make the method and its class public",
        e);
  }

  /** With the captured values, which come first, in place. */
  private MethodHandle bind(MethodHandle found) throws IOException, ClassNotFoundException {
    int receiver = in.readByte();
    String receiverClass = in.readUTF();
    int count = in.readUnsignedByte();
    int size = in.readInt();
    if (size < 0 || size > in.available()) {
      throw new DecodeException("a function's reference is cut off; submit it again");
    }
    byte[] run = new byte[size];
    in.readFully(run);
    MethodHandle bound = found;
    if (receiver == FunctionReference.RECEIVER_IS_NEW) {
      bound =
          MethodHandles.insertArguments(
              bound, 0, make(Class.forName(receiverClass, false, loader)));
    }
    var values = new PayloadReader(run);
    if (receiver == FunctionReference.RECEIVER_IS_FIELDS) {
      Class<?> type = Class.forName(receiverClass, false, loader);
      return MethodHandles.insertArguments(bound, 0, FieldsCapture.read(type, values));
    }
    for (int i = 0; i < count; i++) {
      boolean isReceiver = i == 0 && receiver == FunctionReference.RECEIVER_IS_VALUE;
      Class<?> type =
          isReceiver ? Class.forName(receiverClass, false, loader) : bound.type().parameterType(0);
      bound = MethodHandles.insertArguments(bound, 0, value(type, values));
    }
    return bound;
  }

  private static @Nullable Object value(Class<?> type, PayloadReader values) {
    if (!values.next()) {
      throw new DecodeException("a function's reference is cut off; submit it again");
    }
    return Codecs.of(type).decode(values.buffer(), values.offset(), values.length());
  }

  private Object make(Class<?> type) {
    try {
      return lookup(type).findConstructor(type, MethodType.methodType(void.class)).invoke();
    } catch (IllegalAccessException e) {
      throw notOpen(type, e);
    } catch (Throwable e) { // the constructor is the user's
      throw new FunctionNotFoundException(
          "new " + type.getName() + "() failed in the worker: " + e + "; see its cause", e);
    }
  }

  private static MethodHandle generic(MethodHandle handle, int arity) {
    if (handle.type().parameterCount() != arity) {
      throw new DecodeException(
          "a function's reference is damaged: it takes "
              + handle.type().parameterCount()
              + " arguments, not "
              + arity
              + "; submit it again");
    }
    if (arity == 1) {
      return handle.asType(MethodType.genericMethodType(1));
    }
    return handle
        .asSpreader(Object[].class, arity)
        .asType(MethodType.methodType(Object.class, Object[].class));
  }
}
