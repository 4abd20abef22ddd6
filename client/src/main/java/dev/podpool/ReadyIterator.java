package dev.podpool;

import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Inputs that can tell whether the next one is there already. {@code imap} hands in together what
 * is there, where it must else hand in each by itself: nobody knows how long the next will take.
 *
 * @param <T> an input
 */
public interface ReadyIterator<T extends @Nullable Object> extends Iterator<T> {

  /** Whether {@code hasNext} and {@code next} would not wait now. False is always right. */
  boolean isReady();
}
