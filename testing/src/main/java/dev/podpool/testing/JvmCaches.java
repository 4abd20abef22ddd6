package dev.podpool.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * What programs that a module's tests start have loaded and linked at an earlier start, in {@code
 * target/caches}: they start in half the time. A JVM keeps what comes from archives, and where its
 * class path has nothing else: the module's own classes are packed for that.
 */
public final class JvmCaches {

  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final Path DIRECTORY = TARGET.resolve("caches");
  private static final Path CLASSES = TARGET.resolve("classes");
  private static final Path PACKED = DIRECTORY.resolve("classes.jar");
  private static final String SILENCE = "-Xlog:aot*=off";

  private JvmCaches() {}

  /** What leaves caches behind. */
  public interface Training {
    void in(Path directory) throws IOException, InterruptedException;
  }

  /**
   * Has {@code training} leave a cache for each of {@code mains}, in a directory that is gone
   * afterwards; unless they are there, and nothing in the class path is newer. Does nothing where
   * that has directories of other modules, as in an IDE.
   */
  public static void train(Training training, Class<?>... mains) {
    try {
      boolean all = true;
      for (Class<?> main : mains) {
        all &= isMade(main);
      }
      if (all || !isOfArchives()) {
        return;
      }
      Path directory = Files.createTempDirectory("podpool-training");
      try {
        training.in(directory);
      } finally {
        delete(directory);
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("what tests start does not start", e);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  private static boolean isMade(Class<?> main) throws IOException {
    Path cache = cache(main);
    if (!Files.exists(cache)) {
      return false;
    }
    FileTime made = Files.getLastModifiedTime(cache);
    try (Stream<Path> classes = Files.walk(CLASSES)) {
      for (Path each : Stream.concat(archives().stream().map(Path::of), classes).toList()) {
        if (Files.getLastModifiedTime(each).compareTo(made) > 0) {
          return false;
        }
      }
    }
    return true;
  }

  /** Flags with which a JVM makes it as it ends in order. */
  public static List<String> make(Class<?> main) throws IOException {
    Files.createDirectories(DIRECTORY);
    Files.deleteIfExists(cache(main));
    String[] pack = {"--create", "--file", PACKED.toString(), "-C", CLASSES.toString(), "."};
    if (ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, pack) != 0) {
      throw new IOException("can't pack " + CLASSES);
    }
    return List.of("-XX:AOTCacheOutput=" + cache(main), SILENCE);
  }

  /** Flags with which a JVM uses it, if there is one. */
  public static List<String> use(Class<?> main) {
    return Files.exists(cache(main)) ? List.of("-XX:AOTCache=" + cache(main), SILENCE) : List.of();
  }

  /** This JVM's; without its tests where all else is archives. */
  public static String classPath() {
    if (!isOfArchives()) {
      return System.getProperty("java.class.path");
    }
    List<String> entries = new ArrayList<>(archives());
    entries.add((Files.exists(PACKED) ? PACKED : CLASSES).toString());
    return String.join(File.pathSeparator, entries);
  }

  private static boolean isOfArchives() {
    return entries()
        .filter(Files::isDirectory)
        .allMatch(directory -> directory.toAbsolutePath().startsWith(TARGET));
  }

  private static List<String> archives() {
    return entries().filter(Files::isRegularFile).map(Path::toString).toList();
  }

  private static Stream<Path> entries() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of);
  }

  private static Path cache(Class<?> main) {
    return DIRECTORY.resolve(main.getSimpleName() + ".aot");
  }
}
