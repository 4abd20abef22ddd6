package dev.podpool.cli;

import dev.podpool.ReadyIterator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lines of UTF-8 as inputs, read as they are wanted, once; knows how many were. A carriage return
 * before a line's end belongs to the end.
 */
final class Lines implements Iterable<List<String>> {

  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final Function<String, List<String>> input;
  private volatile long read;
  private volatile boolean ended;

  Lines(InputStream in, Function<String, List<String>> input) {
    this.in = in;
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
    return new Reading();
  }

  /** For one thread. */
  private final class Reading implements ReadyIterator<List<String>> {

    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int at;
    private int end;
    private @Nullable String next;

    @Override
    public boolean isReady() {
      return next != null || lineEnd() >= 0;
    }

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

    /** Where the first line in the buffer ends; negative if its end is not there. */
    private int lineEnd() {
      for (int i = at; i < end; i++) {
        if (buffer[i] == '\n') {
          return i;
        }
      }
      return -1;
    }

    private @Nullable String line() {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      int lineEnd = lineEnd();
      while (lineEnd < 0) {
        line.write(buffer, at, end - at);
        if (!fill()) {
          return line.size() == 0 ? null : text(line);
        }
        lineEnd = lineEnd();
      }
      line.write(buffer, at, lineEnd - at);
      at = lineEnd + 1;
      return text(line);
    }

    private boolean fill() {
      try {
        at = 0;
        end = 0;
        end = Math.max(0, in.read(buffer));
        return end > 0;
      } catch (IOException e) {
        throw new UncheckedIOException("standard input can't be read: " + e.getMessage(), e);
      }
    }

    private static String text(ByteArrayOutputStream line) {
      String text = line.toString(StandardCharsets.UTF_8);
      return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }
  }
}
