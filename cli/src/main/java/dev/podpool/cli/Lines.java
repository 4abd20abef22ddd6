package dev.podpool.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Lines of UTF-8 as inputs, read as they are wanted, once; knows how many were. */
final class Lines implements Iterable<List<String>> {

  private final BufferedReader reader;
  private final Function<String, List<String>> input;
  private volatile long read;
  private volatile boolean ended;

  Lines(InputStream in, Function<String, List<String>> input) {
    this.reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8), 1 << 16);
    this.input = input;
  }

  /** How many were taken so far. */
  long read() {
    return read;
  }

  /** Whether those were all. */
  boolean haveEnded() {
    return ended;
  }

  @Override
  public Iterator<List<String>> iterator() {
    return new Iterator<>() {
      private @Nullable String next;

      @Override
      public boolean hasNext() {
        if (next == null && !ended) {
          next = line();
          ended = next == null;
        }
        return next != null;
      }

      @Override
      @SuppressWarnings("NonAtomicVolatileUpdate") // one thread reads
      public List<String> next() {
        if (!hasNext() || next == null) {
          throw new NoSuchElementException("all lines have been read");
        }
        List<String> taken = input.apply(next);
        next = null;
        read++;
        return taken;
      }
    };
  }

  private @Nullable String line() {
    try {
      return reader.readLine();
    } catch (IOException e) {
      throw new UncheckedIOException("standard input can't be read: " + e.getMessage(), e);
    }
  }
}
