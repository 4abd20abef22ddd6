package shop;

import dev.podpool.SharedLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Somebody's code: not in a package of Podpool's, whose classes a worker has of its own. */
public final class Basket {
  private Basket() {}

  /** What to append to which file. */
  public record Append(SharedLock lock, String file, int number) {}

  /** Appends in two steps, so that two at once would be seen. */
  public static String append(Append what) throws Exception {
    what.lock.lock();
    try {
      Path path = Path.of(what.file);
      int lines = Files.readAllLines(path).size();
      Files.writeString(path, lines + " begins,", StandardOpenOption.APPEND);
      Thread.sleep(2); // the work
      Files.writeString(path, what.number + "\n", StandardOpenOption.APPEND);
    } finally {
      what.lock.unlock();
    }
    return Basket.class.getClassLoader().getName()
        + " "
        + SharedLock.class.getClassLoader().getName();
  }
}
