package dev.podpool.examples.index;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/** The texts of the demonstration: those of the JDK, and of this repository. */
final class Collection {

  private static final Set<String> TEXTS =
      Set.of("java", "md", "xml", "proto", "yaml", "yml", "txt", "properties", "html");
  private static final Set<String> LEFT_OUT = Set.of("target", ".git", "node_modules");

  private Collection() {}

  /**
   * The sources of java.base in the JDK at {@code javaHome}, else its legal texts; and {@code
   * repository}'s.
   */
  static List<Document> find(Path javaHome, Path repository) throws IOException {
    List<Document> documents = new ArrayList<>();
    Path sources = javaHome.resolve("lib/src.zip");
    if (Files.isReadable(sources)) {
      try (ZipFile archive = new ZipFile(sources.toFile())) {
        archive.stream()
            // With the other modules it would be four times as much.
            .filter(entry -> entry.getName().startsWith("java.base/") && isText(entry.getName()))
            .forEach(
                entry ->
                    documents.add(
                        new Document(documents.size(), sources.toString(), entry.getName())));
      }
    } else if (Files.isDirectory(javaHome.resolve("legal"))) {
      addFiles(javaHome.resolve("legal"), false, documents);
    }
    addFiles(repository, true, documents);
    return documents;
  }

  private static void addFiles(Path root, boolean textsOnly, List<Document> documents)
      throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      paths
          .filter(path -> isWanted(root.relativize(path)))
          .filter(Files::isRegularFile)
          .filter(path -> !textsOnly || isText(path.getFileName().toString()))
          .sorted()
          .forEach(
              path ->
                  documents.add(
                      new Document(documents.size(), "", path.toAbsolutePath().toString())));
    }
  }

  private static boolean isWanted(Path path) {
    for (Path part : path) {
      if (LEFT_OUT.contains(part.toString())) {
        return false;
      }
    }
    return true;
  }

  private static boolean isText(String name) {
    return TEXTS.contains(name.substring(name.lastIndexOf('.') + 1));
  }
}
