package dev.podpool.sandbox;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * {@code System.out} and {@code System.err} of user code: what is printed goes to the supervisor
 * with the item that ran meanwhile, whichever thread prints it. Of one item 64 KiB are sent, then a
 * note of how much was dropped, so that a chatty item costs nobody memory.
 */
final class ItemOutput {
  private static final int ITEM_BYTES_MAX = 64 << 10;
  static final long NO_ITEM = -1;

  final PrintStream out = new PrintStream(new Stream(1), false, StandardCharsets.UTF_8);
  final PrintStream err = new PrintStream(new Stream(2), false, StandardCharsets.UTF_8);

  private final Outbox outbox;
  private volatile long current = NO_ITEM;
  private int left = ITEM_BYTES_MAX; // guarded by this
  private volatile boolean used; // something was printed since the item began
  private long dropped; // guarded by this

  ItemOutput(Outbox outbox) {
    this.outbox = outbox;
  }

  void begin(long sequence) {
    current = sequence;
  }

  void end() {
    if (used) {
      reset();
    }
    current = NO_ITEM;
  }

  private synchronized void reset() {
    if (dropped > 0) {
      byte[] note =
          ("[podpool: " + dropped + " bytes dropped; of an item's output 64 KiB are kept]\n")
              .getBytes(StandardCharsets.UTF_8);
      outbox.addOutput(current, 2, note, 0, note.length);
    }
    dropped = 0;
    left = ITEM_BYTES_MAX;
    used = false;
  }

  private synchronized void write(int stream, byte[] text, int offset, int count) {
    used = true;
    int kept = Math.min(count, left);
    if (kept < count) {
      // Not in the middle of a character.
      while (kept > 0 && (text[offset + kept] & 0xc0) == 0x80) {
        kept--;
      }
      dropped += count - kept;
      left = 0;
    } else {
      left -= kept;
    }
    if (kept > 0) {
      outbox.addOutput(current, stream, text, offset, kept);
    }
  }

  private final class Stream extends OutputStream {
    private final int stream;

    Stream(int stream) {
      this.stream = stream;
    }

    @Override
    public void write(int value) {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] text, int offset, int count) {
      ItemOutput.this.write(stream, text, offset, count);
    }
  }
}
