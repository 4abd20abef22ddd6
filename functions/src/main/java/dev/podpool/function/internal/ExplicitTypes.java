package dev.podpool.function.internal;

import java.io.Serializable;
import java.lang.reflect.Type;
import java.util.List;

/** A function whose types its author gave, because the compiler erased them. */
public interface ExplicitTypes {
  /** The function itself. */
  Serializable target();

  /** One for each argument, in order. */
  List<Type> argumentTypes();

  Type resultType();
}
