package dev.podpool.function.internal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a process that somebody started knows of itself: its JVM is given it as system properties.
 *
 * @param pool what the queue calls it
 * @param name for people
 * @param daemon whether it ends with its parent, and may not start others
 * @param parentName of who has started it
 * @param parentPid number of its process, where that runs
 */
public record OwnProcess(
    String pool, String name, boolean daemon, String parentName, long parentPid) {
  private static final String PREFIX = "podpool.process.";

  /** Of this JVM; null where it was not started as a process. */
  public static @Nullable OwnProcess ofThisJvm() {
    String pool = System.getProperty(PREFIX + "pool");
    return pool == null
        ? null
        : new OwnProcess(
            pool,
            System.getProperty(PREFIX + "name", pool),
            Boolean.getBoolean(PREFIX + "daemon"),
            System.getProperty(PREFIX + "parent.name", ""),
            Long.getLong(PREFIX + "parent.pid", 0));
  }

  /** For the JVM of such a process. */
  public List<String> jvmArguments() {
    return List.of(
        "-D" + PREFIX + "pool=" + pool,
        "-D" + PREFIX + "name=" + name,
        "-D" + PREFIX + "daemon=" + daemon,
        "-D" + PREFIX + "parent.name=" + parentName,
        "-D" + PREFIX + "parent.pid=" + parentPid);
  }
}
