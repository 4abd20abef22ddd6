package dev.podpool.operator.local;

import com.google.protobuf.MessageLite;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Messages to the other end of a pipe, in order, by a thread of its own: who sends never blocks. If
 * the other end is gone, what is sent is dropped; the reading side finds out.
 */
final class Pipe {

  private static final int BUFFER_BYTES = 64 << 10;

  private final LinkedBlockingQueue<Object> pending = new LinkedBlockingQueue<>();
  private final OutputStream out;
  private final Thread thread;

  Pipe(OutputStream out, String name) {
    this.out = new BufferedOutputStream(out, BUFFER_BYTES);
    this.thread = new Thread(this::write, name);
    this.thread.setDaemon(true);
    this.thread.start();
  }

  void send(MessageLite message) {
    pending.add(message);
  }

  /** Closes the pipe when what was sent before is written. */
  void close() {
    pending.add(this);
  }

  /** {@link #close}, and waits for it. */
  void closeAndWait(long millis) throws InterruptedException {
    close();
    thread.join(millis);
  }

  private void write() {
    try (out) {
      while (true) {
        Object next = pending.take();
        if (!(next instanceof MessageLite message)) {
          return;
        }
        message.writeDelimitedTo(out);
        if (pending.isEmpty()) {
          out.flush();
        }
      }
    } catch (IOException e) {
      // The other end is gone: its reader says so.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody interrupts this thread but the JVM's end
    }
  }
}
