package dev.podpool.function.internal;

import dev.podpool.function.CaptureException;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodType;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A lambda or method reference, as the compiler made it: a method, and values for its first
 * parameters.
 */
final class LambdaCapture {
  private final SerializedLambda lambda;
  private final ClassLoader loader;
  private final Class<?> type;
  private final MethodType signature;
  private final @Nullable Executable method;
  private final boolean isLambda;
  private final boolean hasReceiver;
  private final boolean isConstructor;
  private @Nullable MethodDebug debug;

  LambdaCapture(SerializedLambda lambda, ClassLoader loader) {
    this.lambda = lambda;
    this.loader = loader;
    int kind = lambda.getImplMethodKind();
    this.isConstructor = kind == MethodHandleInfo.REF_newInvokeSpecial;
    this.hasReceiver = kind != MethodHandleInfo.REF_invokeStatic && !isConstructor;
    try {
      this.type = Class.forName(lambda.getImplClass().replace('/', '.'), false, loader);
      this.signature =
          MethodType.fromMethodDescriptorString(lambda.getImplMethodSignature(), loader);
    } catch (ClassNotFoundException | TypeNotPresentException e) {
      throw new CaptureException(
          "a class of the function "
              + lambda.getImplClass().replace('/', '.')
              + "::"
              + lambda.getImplMethodName()
              + " is not on the class path: "
              + e.getMessage()
              + ". Add it.");
    }
    this.method = isConstructor ? constructor() : method(type);
    this.isLambda = method != null && method.isSynthetic();
  }

  CapturedFunction capture(@Nullable ExplicitTypes given) {
    List<Class<?>> erased = new ArrayList<>(signature.parameterList());
    List<Type> declared = new ArrayList<>(declaredParameters());
    if (hasReceiver) {
      erased.add(0, type);
      declared.add(0, type);
    }
    MethodType callSite =
        MethodType.fromMethodDescriptorString(lambda.getInstantiatedMethodType(), loader);
    int captured = lambda.getCapturedArgCount();
    if (captured + callSite.parameterCount() != erased.size()) {
      throw new CaptureException(
          place() + " is compiled in a way that is not known here. Put it in a method of its own.");
    }
    var values = new CapturedValues();
    String receiver = captureValues(values, erased);
    var types = new FunctionTypes(place());
    types.chooseArguments(
        declared.subList(captured, declared.size()),
        erased.subList(captured, erased.size()),
        callSite,
        given);
    Class<?> erasedResult = isConstructor ? type : signature.returnType();
    Type result = types.chooseResult(declaredResult(), erasedResult, callSite, given);
    boolean exact = isLambda || method == null || !Modifier.isPublic(method.getModifiers());
    var reference =
        new FunctionReference(
            lambda.getImplMethodKind(),
            type.getName(),
            lambda.getImplMethodName(),
            lambda.getImplMethodSignature(),
            Digests.of(type, exact, place()),
            exact,
            receiver == null ? FunctionReference.NO_RECEIVER : FunctionReference.RECEIVER_IS_VALUE,
            receiver == null ? "" : receiver,
            values.written(),
            types.writtenArguments(),
            result == erasedResult ? null : result);
    return new CapturedFunction(
        name(), type, loader, types.arguments(), result, reference.toBytes(), false);
  }

  /** Encodes the captured values; gives the class of the receiver, if that is one of them. */
  private @Nullable String captureValues(CapturedValues values, List<Class<?>> erased) {
    String receiver = null;
    int slot = 0;
    for (int i = 0; i < lambda.getCapturedArgCount(); i++) {
      Object value = lambda.getCapturedArg(i);
      if (i == 0 && hasReceiver) {
        receiver = values.addReceiver(value, isLambda, place());
      } else {
        String variable = isLambda ? debug().parameters().get(slot) : null;
        values.add(
            erased.get(i), value, variable == null ? "a value" : "`" + variable + "`", place());
      }
      slot += erased.get(i) == long.class || erased.get(i) == double.class ? 2 : 1;
    }
    return receiver;
  }

  private List<? extends Type> declaredParameters() {
    Type[] generic = method == null ? new Type[0] : method.getGenericParameterTypes();
    // Constructors of inner classes and enums have parameters that their signature leaves out.
    return generic.length == signature.parameterCount()
        ? Arrays.asList(generic)
        : signature.parameterList();
  }

  private Type declaredResult() {
    if (isConstructor) {
      return type;
    }
    return method instanceof Method known ? known.getGenericReturnType() : signature.returnType();
  }

  private @Nullable Constructor<?> constructor() {
    for (Constructor<?> candidate : type.getDeclaredConstructors()) {
      if (Arrays.equals(candidate.getParameterTypes(), signature.parameterArray())) {
        return candidate;
      }
    }
    return null;
  }

  /** Declared in {@code owner} or above. */
  private @Nullable Method method(@Nullable Class<?> owner) {
    if (owner == null) {
      return null;
    }
    for (Method candidate : owner.getDeclaredMethods()) {
      if (candidate.getName().equals(lambda.getImplMethodName())
          && candidate.getReturnType() == signature.returnType()
          && Arrays.equals(candidate.getParameterTypes(), signature.parameterArray())) {
        return candidate;
      }
    }
    Method above = method(owner.getSuperclass());
    for (Class<?> parent : owner.getInterfaces()) {
      above = above == null ? method(parent) : above;
    }
    return above;
  }

  private String name() {
    if (!isLambda) {
      return Names.of(type) + "::" + (isConstructor ? "new" : lambda.getImplMethodName());
    }
    MethodDebug known = debug();
    if (known.sourceFile() == null || known.line() == 0) {
      return "lambda in " + Names.of(type);
    }
    return "lambda at " + known.sourceFile() + ":" + known.line();
  }

  private String place() {
    return (isLambda ? "the " : "the method reference ") + name();
  }

  private MethodDebug debug() {
    MethodDebug known = debug;
    if (known == null) {
      known =
          MethodDebug.of(
              ClassFiles.read(type), lambda.getImplMethodName(), lambda.getImplMethodSignature());
      debug = known;
    }
    return known;
  }
}
