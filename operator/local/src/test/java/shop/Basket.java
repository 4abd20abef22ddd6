package shop;

import dev.podpool.PodProcess;
import dev.podpool.Podpool;
import dev.podpool.SharedList;
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

  /**
   * Notes who it is, and has another process do so, if so many more are to.
   *
   * @return the other's exit code; -1 where there is none
   */
  public static int note(SharedList<String> notes, int more) throws Exception {
    notes.add(PodProcess.current().name() + " of " + Basket.class.getClassLoader().getName());
    if (more == 0) {
      return -1;
    }
    PodProcess next = Podpool.connect().process(Basket::noteOn, notes, more - 1);
    next.start();
    next.join();
    return next.exitCode();
  }

  /** {@link #note}, as a process. */
  public static void noteOn(SharedList<String> notes, int more) throws Exception {
    if (note(notes, more) > 0) {
      throw new IllegalStateException("the one behind it has failed");
    }
  }
}
