package dev.podpool.function.internal;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Type;
import java.util.List;

/**
 * A handle to something that lives elsewhere: it travels as what it refers to, and arrives as a
 * handle to the same. Its class, or one above, says by {@link ResolvedBy} who makes it there.
 */
public interface Referenced {

  /** Names what it refers to, for any process: 1 to 200 of a-z, 0-9, -, :, # and @; no class. */
  String reference();

  /** Who makes handles of a class and of those below it. */
  @Documented
  @Inherited
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.TYPE)
  @interface ResolvedBy {
    /** Has a constructor without arguments. */
    Class<? extends Resolver> value();
  }

  /** Makes handles. Thread-safe. */
  interface Resolver {

    /**
     * A handle to what {@code reference} names.
     *
     * @param type what it must be, as it was declared where it arrives
     * @param arguments of that type; empty where it has none
     * @throws dev.podpool.function.DecodeException if it is something else, or can't be had here
     */
    Referenced resolve(String reference, Class<?> type, List<Type> arguments);
  }
}
