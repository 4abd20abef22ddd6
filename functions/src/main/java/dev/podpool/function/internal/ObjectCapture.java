package dev.podpool.function.internal;

import dev.podpool.function.CaptureException;
import dev.podpool.function.RemoteBiFunction;
import dev.podpool.function.RemoteFunction;
import dev.podpool.function.RemoteFunction3;
import dev.podpool.function.RemoteFunction4;
import dev.podpool.function.RemoteRunnable;
import dev.podpool.function.RemoteSupplier;
import java.io.Serializable;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A function that is an object: a record, or one whose class holds nothing. */
final class ObjectCapture {
  private final Serializable function;
  private final Class<?> type;
  private final String place;

  ObjectCapture(Serializable function) {
    this.function = function;
    this.type = function.getClass();
    this.place = "the function " + type.getName();
  }

  CapturedFunction capture(@Nullable ExplicitTypes given) {
    Method method = method();
    var values = new CapturedValues();
    int receiver;
    if (type.isRecord()) {
      receiver = FunctionReference.RECEIVER_IS_VALUE;
      addRecord(values);
    } else if (function instanceof FieldsTravel fields) {
      receiver = FunctionReference.RECEIVER_IS_FIELDS;
      FieldsCapture.write(fields, place, values.written());
    } else {
      receiver = FunctionReference.RECEIVER_IS_NEW;
      requireNoState();
    }
    var types = new FunctionTypes(place);
    types.chooseArguments(
        List.of(method.getGenericParameterTypes()),
        Arrays.asList(method.getParameterTypes()),
        null,
        given);
    Type result =
        types.chooseResult(method.getGenericReturnType(), method.getReturnType(), null, given);
    var reference =
        new FunctionReference(
            MethodHandleInfo.REF_invokeVirtual,
            type.getName(),
            method.getName(),
            MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                .toMethodDescriptorString(),
            Digests.of(type, true, place),
            true,
            receiver,
            type.getName(),
            values.written(),
            types.writtenArguments(),
            result == method.getReturnType() ? null : result);
    return new CapturedFunction(
        Names.of(type),
        type,
        Capture.loader(type),
        types.arguments(),
        result,
        reference.toBytes(),
        false);
  }

  private void addRecord(CapturedValues values) {
    String problem = ConcreteTypes.problem(type);
    if (problem != null) {
      throw new CaptureException(
          place + " cannot travel to a worker: it is " + problem + ". Give that its full type.");
    }
    Codecs.of(type).encode(function, values.written());
  }

  private void requireNoState() {
    for (Class<?> owner = type; owner != null; owner = owner.getSuperclass()) {
      for (Field field : owner.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers())) {
          String what =
              field.isSynthetic() ? "its enclosing object" : "the field `" + field.getName() + "`";
          throw new CaptureException(
              place
                  + " holds "
                  + what
                  + ", which would not travel to a worker. Make it a record, or a static class"
                  + " without fields.");
        }
      }
    }
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (constructor.getParameterCount() == 0) {
        return;
      }
    }
    throw new CaptureException(
        place + " has no constructor without arguments. Add one, or make it a record.");
  }

  private Method method() {
    String name =
        function instanceof RemoteSupplier
            ? "get"
            : function instanceof RemoteRunnable ? "run" : "apply";
    int arity = arity();
    Method found = null;
    for (Method candidate : type.getMethods()) {
      if (candidate.getName().equals(name)
          && candidate.getParameterCount() == arity
          && !candidate.isBridge()
          && !Modifier.isStatic(candidate.getModifiers())
          && !Modifier.isAbstract(candidate.getModifiers())) {
        if (found != null) {
          throw new CaptureException(
              place
                  + " has several methods `"
                  + name
                  + "`. Pass one of them: its object::"
                  + name
                  + ".");
        }
        found = candidate;
      }
    }
    if (found == null) {
      throw notAFunction();
    }
    return found;
  }

  private int arity() {
    if (function instanceof RemoteFunction) {
      return 1;
    }
    if (function instanceof RemoteSupplier || function instanceof RemoteRunnable) {
      return 0;
    }
    if (function instanceof RemoteBiFunction) {
      return 2;
    }
    if (function instanceof RemoteFunction3) {
      return 3;
    }
    if (function instanceof RemoteFunction4) {
      return 4;
    }
    throw notAFunction();
  }

  private CaptureException notAFunction() {
    return new CaptureException(
        place + " implements none of the Remote interfaces. Pass a method reference or a lambda.");
  }
}
