package dev.podpool.function.internal;

import dev.podpool.function.FunctionNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/** Names of classes in archives, which are not loaded for that. */
final class ClassNames {
  private static final String SUFFIX = ".class";
  private static final int CANDIDATES_MAX = 10;

  private ClassNames() {}

  /**
   * {@code function} with the whole name of its class, which may lack its package or the classes
   * around it.
   *
   * @throws FunctionNotFoundException if there is no such class, or more than one
   */
  static String complete(String function, List<String> archives, ClassLoader loader) {
    MethodName name = MethodName.parse(function);
    String file = name.className().replace('.', '/') + SUFFIX;
    if (loader.getResource(file) != null) {
      return function;
    }
    Set<String> all = new TreeSet<>();
    archives.forEach(archive -> addAll(Path.of(archive), all));
    List<String> found = all.stream().filter(each -> isMeant(name.className(), each)).toList();
    if (found.size() == 1) {
      return name.in(found.get(0)).toString();
    }
    if (found.isEmpty()) {
      throw new FunctionNotFoundException(
          "there is no class "
              + name.className()
              + " in "
              + (archives.isEmpty() ? "the JDK; name its jar" : String.join(", ", archives))
              + similar(name.className(), all));
    }
    throw new FunctionNotFoundException(
        "there are "
            + found.size()
            + " classes "
            + name.className()
            + ": name one with its package: "
            + shown(found, name));
  }

  private static boolean isMeant(String given, String candidate) {
    return candidate.endsWith("." + given) || candidate.endsWith("$" + given);
  }

  /** Those that differ in case only; else, of a few, all. */
  private static String similar(String given, Set<String> all) {
    String wanted = simple(given);
    List<String> similar =
        all.stream()
            .filter(each -> simple(each).equalsIgnoreCase(wanted))
            .limit(CANDIDATES_MAX)
            .toList();
    if (!similar.isEmpty()) {
      return "; did you mean " + String.join(", ", similar) + "?";
    }
    return all.isEmpty() || all.size() > CANDIDATES_MAX ? "" : "; it has " + String.join(", ", all);
  }

  private static String simple(String name) {
    return name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('$')) + 1);
  }

  private static String shown(List<String> classes, MethodName name) {
    return String.join(
        ", ",
        classes.stream().limit(CANDIDATES_MAX).map(each -> "'" + name.in(each) + "'").toList());
  }

  private static void addAll(Path archive, Set<String> names) {
    try {
      if (Files.isDirectory(archive)) {
        try (Stream<Path> files = Files.walk(archive)) {
          files.forEach(each -> add(archive.relativize(each).toString(), names));
        }
      } else {
        try (ZipFile zip = new ZipFile(archive.toFile())) {
          zip.stream().forEach(entry -> add(entry.getName(), names));
        }
      }
    } catch (IOException e) {
      throw new FunctionNotFoundException(archive + " can't be read: " + e + "; give a jar", e);
    }
  }

  private static void add(String file, Set<String> names) {
    if (file.endsWith(SUFFIX) && !file.startsWith("META-INF")) {
      names.add(file.substring(0, file.length() - SUFFIX.length()).replace('/', '.'));
    }
  }
}
