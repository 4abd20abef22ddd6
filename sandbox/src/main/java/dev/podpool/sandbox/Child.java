package dev.podpool.sandbox;

import dev.podpool.function.internal.QueueBridge;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The program that a supervisor starts for each slot.
 *
 * <p>Its standard input is its life line: the first line is the token by which it proves itself,
 * and its end means that the supervisor has died, so this process ends too, whatever it is doing.
 */
public final class Child {
  private Child() {}

  /**
   * Runs until the supervisor closes the connection.
   *
   * @param arguments the supervisor's socket; the mapped page; {@link Frames#SHARES} where user
   *     code has a way to the queue
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    InputStream lifeLine = System.in;
    byte[] token = lifeLine.readNBytes(Frames.TOKEN_LENGTH);
    String socket = arguments[0];
    new LifeLine(lifeLine, socket, arguments[1]).start();

    PageMapping mapping = new PageMapping(Path.of(arguments[1]));
    mapping.start();
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
    Outbox outbox = new Outbox(channel);
    Bytes hello = new Bytes(Frames.TOKEN_LENGTH);
    hello.putBytes(token, 0, token.length);
    outbox.add(Frames.HELLO, hello);
    outbox.flush();
    outbox.startWatchdog();
    if (arguments.length > 2) {
      QueueBridge.install(new SupervisorBridge(socket, token));
    }
    // What ran before an orderly exit counts; what it printed, too.
    Runtime.getRuntime().addShutdownHook(new LastWords(outbox));

    new ItemThread(channel, outbox, mapping.await()).start();
  }

  /** Kills what user code has started: nobody else knows of it, and it must not outlive this. */
  static void killStarted() {
    for (ProcessHandle started : ProcessHandle.current().descendants().toList()) {
      started.destroyForcibly();
    }
  }

  // Classes and not lambdas: the first lambda of a process costs its start 20 ms.

  /** Maps the page while others connect: each loads what the other does not need. */
  private static final class PageMapping extends UninterruptibleThread {
    private final Path file;
    private @Nullable SlotPage page;
    private @Nullable IOException failure;

    PageMapping(Path file) {
      super("podpool-page");
      this.file = file;
    }

    @Override
    public void run() {
      try {
        page = SlotPage.map(file);
      } catch (IOException e) {
        failure = e;
      }
    }

    SlotPage await() throws IOException, InterruptedException {
      join();
      SlotPage mapped = page;
      if (mapped == null) {
        throw failure == null ? new IOException(file + " could not be mapped") : failure;
      }
      return mapped;
    }
  }

  private static final class LastWords extends UninterruptibleThread {
    private final Outbox outbox;

    LastWords(Outbox outbox) {
      super("podpool-last-words");
      this.outbox = outbox;
    }

    @Override
    public void run() {
      try {
        outbox.flush();
      } catch (IOException e) {
        // The supervisor is gone, and nobody is left to tell.
      }
      // When the supervisor dies, this races with the life line: either may be the one to do it.
      killStarted();
    }
  }

  private static final class LifeLine extends UninterruptibleThread {
    private static final long LEAVING_MILLIS_MAX = 30_000;

    private final InputStream input;
    private final String socket;
    private final String page;

    LifeLine(InputStream input, String socket, String page) {
      super("podpool-life-line");
      setDaemon(true);
      this.input = input;
      this.socket = socket;
      this.page = page;
    }

    @Override
    public void run() {
      try {
        // A byte says that the end comes: a JVM waits 0.3 s for a thread that reads to end.
        if (input.read() >= 0) {
          Thread.sleep(LEAVING_MILLIS_MAX);
        }
      } catch (IOException | InterruptedException e) {
        // As good as its end.
      }
      killStarted();
      // The supervisor could not tidy up.
      new File(page).delete(); // there still if this process was not ready
      File file = new File(socket);
      file.delete();
      File directory = file.getParentFile();
      delete(new File(directory, Frames.CODE_DIRECTORY));
      if (directory != null) {
        directory.delete();
      }
      Runtime.getRuntime().halt(1);
    }

    /** With all that is in it; a link is deleted, not followed. */
    private static void delete(File file) {
      File[] inside = file.delete() ? null : file.listFiles();
      if (inside != null) {
        for (File each : inside) {
          delete(each);
        }
        file.delete();
      }
    }
  }
}
