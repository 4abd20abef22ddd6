package dev.podpool.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs of the machine. */
final class Shell {

  private static final long SECONDS_MAX = 300;

  private Shell() {}

  record Ended(int exitCode, String output, String complaint) {}

  /** Runs {@code command} with {@code input}, and waits for its end. */
  static Ended run(String input, List<String> command) throws IOException, InterruptedException {
    Path in = Files.createTempFile("podpool-e2e", "in");
    Path out = Files.createTempFile("podpool-e2e", "out");
    Path err = Files.createTempFile("podpool-e2e", "err");
    try {
      Files.writeString(in, input);
      Process process =
          new ProcessBuilder(command)
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command + " has not ended after " + SECONDS_MAX + " s");
      }
      return new Ended(process.exitValue(), read(out), read(err));
    } finally {
      for (Path file : List.of(in, out, err)) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** Its output; an exit code that is not 0 is an error. */
  static String output(String... command) throws IOException, InterruptedException {
    Ended ended = run("", List.of(command));
    if (ended.exitCode() != 0) {
      throw new IOException(
          String.join(" ", command) + ": exit " + ended.exitCode() + ": " + ended.complaint());
    }
    return ended.output().strip();
  }
}
