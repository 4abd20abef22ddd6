package dev.podpool.rpc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/**
 * Where the durable runtime of one machine keeps everything: its key, its queue, its pools. Who can
 * read its key is let in.
 *
 * @param path absolute; need not exist yet
 */
public record RuntimeDirectory(Path path) implements Endpoint.Source {

  /** Names another directory than the user's default. */
  public static final String VARIABLE = "PODPOOL_HOME";

  /**
   * The directory of this user's runtime: {@code PODPOOL_HOME}, or {@code podpool} in {@code
   * XDG_STATE_HOME}, or {@code ~/.local/state/podpool}.
   */
  public static RuntimeDirectory ofUser() {
    return of(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /** {@link #ofUser} of somebody whose variables and home these are. */
  public static RuntimeDirectory of(Map<String, String> environment, Path home) {
    String named = environment.getOrDefault(VARIABLE, "");
    if (!named.isEmpty()) {
      return new RuntimeDirectory(Path.of(named).toAbsolutePath());
    }
    String state = environment.getOrDefault("XDG_STATE_HOME", "");
    // The XDG base directory specification has relative paths ignored.
    Path base = state.startsWith("/") ? Path.of(state) : home.resolve(".local").resolve("state");
    return new RuntimeDirectory(base.resolve("podpool").toAbsolutePath());
  }

  /** The file that holds the key: for its owner only. */
  public Path key() {
    return path.resolve("key");
  }

  /** The queue's own directory. */
  public Path queue() {
    return path.resolve("queue");
  }

  /** The file in which the queue says where it serves, as {@code address port}. */
  public Path endpoint() {
    return queue().resolve("endpoint");
  }

  /** The file that the runtime's process holds, and has written its number to. */
  public Path lock() {
    return path.resolve("lock");
  }

  /** The process that held {@link #lock} last, whether it still does or not; 0: nobody knows. */
  public long lastHolder() throws IOException {
    String text = Files.readString(lock()).strip();
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
  }

  /**
   * Whether a process runs this runtime, which starts its queue again when that ends. To be asked
   * by clients, which must not touch the lock: it may be their own process's.
   */
  public boolean isRun() {
    try {
      // The number may be another process's by now, which has started after it was written.
      Instant written = Files.getLastModifiedTime(lock()).toInstant().plusSeconds(1);
      return ProcessHandle.of(lastHolder())
          .filter(ProcessHandle::isAlive)
          .flatMap(process -> process.info().startInstant())
          .filter(start -> !start.isAfter(written))
          .isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Where the queue served last. It need not be there any more.
   *
   * @throws IOException if it does not serve now, or its files can't be read
   */
  @Override
  public Endpoint locate() throws IOException {
    String[] served;
    try {
      served = Files.readString(endpoint()).strip().split(" ", -1);
    } catch (NoSuchFileException e) {
      throw new IOException(
          "no queue serves from " + path + " at this moment (no " + endpoint() + ")");
    }
    if (served.length != 2 || !served[1].matches("\\d{1,5}")) {
      throw new IOException(endpoint() + " does not hold an address and a port");
    }
    try {
      return new Endpoint(served[0], Integer.parseInt(served[1]), Files.readString(key()).strip());
    } catch (NoSuchFileException e) {
      throw new IOException("the key of the queue of " + path + " is gone (no " + key() + ")");
    }
  }
}
