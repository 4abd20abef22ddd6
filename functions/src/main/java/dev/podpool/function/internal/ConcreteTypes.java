package dev.podpool.function.internal;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Decides which types are known well enough that bytes can be decoded to them. */
public final class ConcreteTypes {
  private static final Set<Class<?>> CONTAINERS =
      Set.of(List.class, Set.class, Map.class, Collection.class, Optional.class);
  private static final Set<Class<?>> DECODABLE_ABSTRACT =
      Set.of(ZoneId.class, Path.class, Charset.class);
  private static final Set<Class<?>> SCALARS =
      Set.of(
          Boolean.class,
          Byte.class,
          Short.class,
          Character.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          String.class,
          BigDecimal.class,
          BigInteger.class,
          UUID.class,
          ZoneId.class);

  private ConcreteTypes() {}

  /**
   * What keeps {@code type} from being decoded, as words that follow "is": "java.util.List without
   * its type arguments". Null if nothing does.
   */
  public static @Nullable String problem(Type type) {
    return problem(type, new HashSet<>());
  }

  /** Whether the class is one immutable value, without parts of its own. */
  static boolean isScalar(Class<?> raw) {
    return raw.isPrimitive()
        || raw.isEnum()
        || SCALARS.contains(raw)
        || (raw.getPackageName().equals("java.time") && Modifier.isFinal(raw.getModifiers()));
  }

  private static @Nullable String problem(Type type, Set<Type> seen) {
    if (type instanceof TypeVariable<?> variable) {
      return "the type variable " + variable.getName();
    }
    if (type instanceof WildcardType) {
      return "the wildcard " + type.getTypeName();
    }
    if (type instanceof GenericArrayType array) {
      return problem(array.getGenericComponentType(), seen);
    }
    if (type instanceof ParameterizedType generic) {
      return genericProblem(generic, seen);
    }
    Class<?> raw = (Class<?>) type;
    if (raw.isArray()) {
      return problem(raw.getComponentType(), seen);
    }
    if (raw == Object.class || raw == void.class) {
      return raw.getName();
    }
    if (raw.getTypeParameters().length > 0) {
      return raw.getName() + " without its type arguments";
    }
    return isScalar(raw) ? null : rawProblem(raw, raw, Map.of(), seen);
  }

  private static @Nullable String genericProblem(ParameterizedType generic, Set<Type> seen) {
    Class<?> raw = (Class<?>) generic.getRawType();
    Type[] arguments = generic.getActualTypeArguments();
    for (Type argument : arguments) {
      String problem = problem(argument, seen);
      if (problem != null) {
        return generic.getTypeName() + ", with " + problem;
      }
    }
    if (CONTAINERS.contains(raw)) {
      return raw == Map.class ? keyProblem(generic) : null;
    }
    Map<TypeVariable<?>, Type> bound = new HashMap<>();
    for (int i = 0; i < arguments.length; i++) {
      bound.put(raw.getTypeParameters()[i], arguments[i]);
    }
    return rawProblem(generic, raw, bound, seen);
  }

  private static @Nullable String keyProblem(ParameterizedType map) {
    Type key = map.getActualTypeArguments()[0];
    if (key instanceof Class<?> raw && isScalar(raw)) {
      return null;
    }
    return map.getTypeName() + ", whose keys are no strings, numbers, enums or dates";
  }

  private static @Nullable String rawProblem(
      Type type, Class<?> raw, Map<TypeVariable<?>, Type> bound, Set<Type> seen) {
    if (DECODABLE_ABSTRACT.contains(raw) || saysHow(raw)) {
      return null;
    }
    if (raw.isInterface() || Modifier.isAbstract(raw.getModifiers())) {
      return raw.getName() + ", which is " + (raw.isInterface() ? "an interface" : "abstract");
    }
    if (Referenced.class.isAssignableFrom(raw)) {
      return null;
    }
    if (AutoCloseable.class.isAssignableFrom(raw)) {
      return raw.getName() + ", which is a resource and not a value";
    }
    if (!raw.isRecord() || !seen.add(type)) {
      return null;
    }
    for (RecordComponent component : raw.getRecordComponents()) {
      String problem =
          saysHow(component) ? null : problem(bind(component.getGenericType(), bound), seen);
      if (problem != null) {
        return raw.getName() + ", whose component `" + component.getName() + "` is " + problem;
      }
    }
    return null;
  }

  /** Whether an annotation tells Jackson what to make of it. By name, so as not to load Jackson. */
  private static boolean saysHow(AnnotatedElement element) {
    for (Annotation annotation : element.getAnnotations()) {
      if (annotation.annotationType().getName().startsWith("com.fasterxml.jackson.")) {
        return true;
      }
    }
    return false;
  }

  private static Type bind(Type type, Map<TypeVariable<?>, Type> bound) {
    if (type instanceof TypeVariable<?>) {
      return bound.getOrDefault(type, type);
    }
    if (type instanceof GenericArrayType array) {
      return new TypeTree.ArrayOf(bind(array.getGenericComponentType(), bound));
    }
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      for (int i = 0; i < arguments.length; i++) {
        arguments[i] = bind(arguments[i], bound);
      }
      return new TypeTree.Parameterized((Class<?>) generic.getRawType(), List.of(arguments));
    }
    return type;
  }
}
