package dev.podpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;

/** Runs the command in this JVM, on a runtime's directory. */
record Podpools(Path runtime) {

  /** What a command said, and its exit code. */
  record Ran(ExitCode exit, String out, String err) {

    /** Its output, where it has gone well. */
    String ok() {
      assertThat(exit).as(err).isEqualTo(ExitCode.OK);
      return out.strip();
    }

    /** What it said on standard error, where it ended so. */
    String failed(ExitCode as) {
      assertThat(exit).as("%s%s", out, err).isEqualTo(as);
      return err.strip();
    }
  }

  Ran run(String... arguments) {
    return run(InputStream.nullInputStream(), arguments);
  }

  Ran runOn(String input, String... arguments) {
    return run(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), arguments);
  }

  Ran run(InputStream in, String... arguments) {
    return run(in, new ByteArrayOutputStream(), false, arguments);
  }

  /** Runs one on a terminal, which {@code err} is. */
  Ran runOnTerminal(ByteArrayOutputStream err, String... arguments) {
    return run(InputStream.nullInputStream(), err, true, arguments);
  }

  private Ran run(
      InputStream in, ByteArrayOutputStream err, boolean isTerminal, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Shell shell =
        new Shell(
            Map.of("PODPOOL_HOME", runtime.toString()),
            runtime,
            in,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            isTerminal);
    int code = Main.run(shell, arguments);
    ExitCode exit =
        List.of(ExitCode.values()).stream()
            .filter(each -> each.code == code)
            .findFirst()
            .orElseThrow();
    return new Ran(
        exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Runs one that has to find the runtime by itself. */
  Ran ask(String command, String... arguments) {
    return run(InputStream.nullInputStream(), asking(command, arguments));
  }

  String[] asking(String command, String... arguments) {
    List<String> all = new ArrayList<>(List.of(command.split(" ")));
    all.add("--runtime");
    all.add(runtime.toString());
    all.addAll(List.of(arguments));
    return all.toArray(String[]::new);
  }

  /** Compiles a class that no other class path has; returns where it is. */
  static Path compile(Path into, String name, String source) throws IOException {
    Path classes = into.resolve("classes");
    Path file = Files.writeString(into.resolve(name + ".java"), source);
    StringWriter said = new StringWriter();
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      var options = List.of("-d", classes.toString());
      var task = compiler.getTask(said, files, null, options, null, files.getJavaFileObjects(file));
      assertThat(task.call()).as(said.toString()).isTrue();
    }
    return classes;
  }
}
