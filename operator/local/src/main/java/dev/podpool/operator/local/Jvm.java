package dev.podpool.operator.local;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Commands for processes on this JVM's Java. */
final class Jvm {

  /** Names further flags for the JVMs of the queue and the workers, with spaces between them. */
  static final String FLAGS = "podpool.jvm.flags";

  /** Names the directory, absolute, of caches of what these JVMs load and link at each start. */
  static final String CACHES = "podpool.jvm.caches";

  /** Where it is {@code true}, those that end in order make the caches, and none uses one. */
  static final String TRAINING = "podpool.jvm.training";

  private Jvm() {}

  /** {@code main} with what every process of ours needs, and {@code flags}. */
  static ProcessBuilder command(
      List<String> flags, Path temporary, String classPath, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+UseSerialGC");
    command.add("-XX:-UsePerfData");
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    // Ratis brings SLF4J, which Netty finds then: neither has anything to say, and no place for it.
    command.add("-Dslf4j.internal.verbosity=ERROR");
    command.add("-Djava.io.tmpdir=" + temporary);
    command.addAll(cache(main));
    command.addAll(flags);
    for (String flag : System.getProperty(FLAGS, "").split("\\s+")) {
      if (!flag.isEmpty()) {
        command.add(flag);
      }
    }
    command.add("-cp");
    command.add(classPath);
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  /** For a JVM that starts others: it starts them as this one would. */
  static List<String> settings() {
    return Stream.of(FLAGS, CACHES, TRAINING)
        .map(name -> "-D" + name + "=" + System.getProperty(name, ""))
        .toList();
  }

  private static String caches() {
    return System.getProperty(CACHES, "");
  }

  /**
   * A cache that does not fit, or is damaged, is left alone by the JVM, which says nothing then.
   */
  private static List<String> cache(Class<?> main) {
    String caches = caches();
    if (caches.isEmpty()) {
      return List.of();
    }
    Path cache = Path.of(caches, main.getSimpleName() + ".aot");
    if (Boolean.getBoolean(TRAINING)) {
      return List.of("-XX:AOTCacheOutput=" + cache, "-Xlog:aot*=off");
    }
    return Files.exists(cache) ? List.of("-XX:AOTCache=" + cache, "-Xlog:aot*=off") : List.of();
  }

  /**
   * This JVM's class path and then {@code more}, which may be empty; absolute. With caches,
   * directories come behind archives: a cache holds classes of what is before the first directory.
   */
  static String classPath(String more) {
    String own = System.getProperty("java.class.path");
    if (caches().isEmpty()) {
      return absolute(own + File.pathSeparator + more);
    }
    List<String> entries = new ArrayList<>();
    entries.addAll(entries(own).filter(entry -> !new File(entry).isDirectory()).toList());
    if (!Boolean.getBoolean(TRAINING)) {
      entries.addAll(entries(own).filter(entry -> new File(entry).isDirectory()).toList());
    }
    entries.addAll(entries(more).toList());
    return String.join(File.pathSeparator, entries);
  }

  /** {@code classPath} whatever the directory of whoever uses it. */
  static String absolute(String classPath) {
    return String.join(File.pathSeparator, entries(classPath).toList());
  }

  private static Stream<String> entries(String classPath) {
    return Stream.of(classPath.split(File.pathSeparator))
        .filter(entry -> !entry.isEmpty())
        .map(entry -> new File(entry).getAbsolutePath());
  }
}
