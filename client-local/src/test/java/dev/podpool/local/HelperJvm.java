package dev.podpool.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a program as a user would: in a JVM of its own, on this one's class path. */
final class HelperJvm {

  record Output(int exitCode, String standard, String error) {}

  private HelperJvm() {}

  static ProcessBuilder of(Class<?> main, String... jvmArguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(jvmArguments));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    return new ProcessBuilder(command);
  }

  static Output run(Path directory, Class<?> main, String... jvmArguments)
      throws IOException, InterruptedException {
    return run(directory, of(main, jvmArguments));
  }

  static Output run(Path directory, ProcessBuilder builder)
      throws IOException, InterruptedException {
    Path standard = directory.resolve("out");
    Path error = directory.resolve("err");
    Process process =
        builder.redirectOutput(standard.toFile()).redirectError(error.toFile()).start();
    try {
      if (!process.waitFor(150, TimeUnit.SECONDS)) {
        throw new AssertionError(builder.command() + " does not end; " + Files.readString(error));
      }
    } finally {
      process.destroyForcibly();
    }
    return new Output(
        process.exitValue(),
        Files.readString(standard, StandardCharsets.UTF_8),
        Files.readString(error, StandardCharsets.UTF_8));
  }
}
