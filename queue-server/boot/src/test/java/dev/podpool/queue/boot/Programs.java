package dev.podpool.queue.boot;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** Programs of users: compiled when the test runs, with what a client's class path has. */
final class Programs {

  // Of this JVM's class path, what no client needs.
  private static final List<String> OTHERS =
      List.of(
          "ratis",
          "queue-server",
          "queue-core",
          "queue-loop",
          "worker",
          "sandbox",
          "junit",
          "assertj",
          "archunit",
          "surefire",
          "slf4j",
          "test-classes");

  private Programs() {}

  /** Compiles the class {@code name}, and gives the directory that has it. */
  static Path compile(Path scratch, String name, String source) throws IOException {
    Path classes = Files.createTempDirectory(scratch, "program");
    Path file = Files.writeString(classes.resolve(name + ".java"), source);
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "--release",
                "17",
                "-parameters",
                "-proc:none",
                "-Xlint:none",
                "-cp",
                clientClassPath(),
                "-d",
                classes.toString(),
                file.toString());
    if (status != 0) {
      throw new IllegalStateException(name + " does not compile");
    }
    Files.delete(file);
    return classes;
  }

  private static String clientClassPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> OTHERS.stream().noneMatch(entry::contains))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Starts the program {@code name} of {@code classes}, which is to be awaited or killed. */
  static Process start(Path classes, String name, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(classes + File.pathSeparator + clientClassPath());
    command.add(name);
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  /** All that {@code process} prints, once it has ended. */
  static String output(Process process) throws IOException {
    try (BufferedReader reader = process.inputReader();
        Stream<String> lines = reader.lines()) {
      return lines.collect(Collectors.joining("\n"));
    }
  }
}
