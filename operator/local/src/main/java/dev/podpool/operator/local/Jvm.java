package dev.podpool.operator.local;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Commands for processes on this JVM's Java. */
final class Jvm {

  /** Names further flags for the JVMs of the queue and the workers, with spaces between them. */
  static final String FLAGS = "podpool.jvm.flags";

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

  /** This JVM's class path and then {@code more}, which may be empty; absolute. */
  static String classPath(String more) {
    return absolute(System.getProperty("java.class.path") + File.pathSeparator + more);
  }

  /** {@code classPath} whatever the directory of whoever uses it. */
  static String absolute(String classPath) {
    List<String> entries = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator)) {
      if (!entry.isEmpty()) {
        entries.add(new File(entry).getAbsolutePath());
      }
    }
    return String.join(File.pathSeparator, entries);
  }
}
