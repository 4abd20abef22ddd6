package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Elements;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** A list's or an array's elements, a page at a time. Owned by one thread. */
final class ElementPages<T extends @Nullable Object> implements Iterator<T> {

  private final LongFunction<Elements> read;
  private final Function<ByteString, T> decode;
  private Iterator<ByteString> page = List.<ByteString>of().iterator();
  private long next;
  private boolean isAtEnd;

  /**
   * @param read the page from an index on
   */
  ElementPages(LongFunction<Elements> read, Function<ByteString, T> decode) {
    this.read = read;
    this.decode = decode;
  }

  @Override
  public boolean hasNext() {
    if (!page.hasNext() && !isAtEnd) {
      Elements found = read.apply(next);
      page = found.getElementsList().iterator();
      next += found.getElementsCount();
      isAtEnd = next >= found.getSize() || found.getElementsCount() == 0;
    }
    return page.hasNext();
  }

  /** One of those that were given is no longer there: all behind it are one further ahead. */
  void removed() {
    next--;
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no element behind the last");
    }
    return decode.apply(page.next());
  }
}
