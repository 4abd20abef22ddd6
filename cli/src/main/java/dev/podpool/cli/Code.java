package dev.podpool.cli;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** {@code --jar}, {@code --class-path}: where the function is, and what it needs. */
final class Code {

  @Option(
      names = {"--jar", "--class-path", "-cp"},
      paramLabel = "PATH",
      description =
          "Jars and folders with the function and what it needs; again, or with '"
              + "${sys:path.separator}' between them, for more. Without any: the JDK's own"
              + " functions.")
  private List<String> paths = new ArrayList<>();

  /** In the form of {@code java.class.path}, without empty elements: there these are "here". */
  String classPath() {
    return paths.stream()
        .flatMap(path -> Stream.of(path.split(File.pathSeparator, -1)))
        .filter(path -> !path.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
