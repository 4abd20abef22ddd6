package dev.podpool.queue.raft;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A closed log's files, to look at and to damage. */
final class LogFiles {

  private LogFiles() {}

  /** {@code directory} and all in it, also while files come and go. */
  static List<Path> all(Path directory) {
    List<Path> found = new ArrayList<>();
    add(directory.toFile(), found);
    return found;
  }

  private static void add(File file, List<Path> found) {
    found.add(file.toPath());
    File[] inside = file.listFiles(); // null if it is no directory, or gone
    if (inside != null) {
      Arrays.sort(inside);
      for (File each : inside) {
        add(each, found);
      }
    }
  }

  static List<Path> named(Path directory, String prefix) {
    return all(directory).stream()
        .filter(file -> file.getFileName().toString().startsWith(prefix))
        .toList();
  }

  static Path one(Path directory, String prefix) throws IOException {
    List<Path> found = named(directory, prefix);
    if (found.size() != 1) {
      throw new IOException(found + " begin with " + prefix);
    }
    return found.getFirst();
  }

  static Path openSegment(Path directory) throws IOException {
    return one(directory, "log_inprogress_");
  }

  static void flip(Path file, long offset) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) offset] ^= 0x10;
    Files.write(file, bytes);
  }

  static long bytes(Path directory) {
    return all(directory).stream()
        .map(Path::toFile)
        .filter(File::isFile)
        .mapToLong(File::length)
        .sum();
  }

  static void copy(Path from, Path to) throws IOException {
    for (Path file : all(from)) {
      Path copy = to.resolve(from.relativize(file).toString());
      if (Files.isDirectory(file)) {
        Files.createDirectories(copy);
      } else {
        Files.copy(file, copy);
      }
    }
  }
}
