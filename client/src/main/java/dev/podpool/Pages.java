package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Entries;
import dev.podpool.protocol.MapEntry;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;

/** A map's entries, a page at a time. Owned by one thread. */
final class Pages<T> implements Iterator<T> {

  private final Function<ByteString, Entries> read;
  private final Function<MapEntry, T> decode;
  private Iterator<MapEntry> page;
  private ByteString last = ByteString.EMPTY;
  private boolean hasMore;

  /**
   * @param read the page after a key
   */
  Pages(Function<ByteString, Entries> read, Function<MapEntry, T> decode) {
    this.read = read;
    this.decode = decode;
    page = List.<MapEntry>of().iterator();
    hasMore = true;
  }

  @Override
  public boolean hasNext() {
    while (!page.hasNext() && hasMore) {
      Entries next = read.apply(last);
      page = next.getEntriesList().iterator();
      hasMore = next.getMore();
    }
    return page.hasNext();
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no entry behind the last");
    }
    MapEntry entry = page.next();
    last = entry.getKey();
    return decode.apply(entry);
  }
}
