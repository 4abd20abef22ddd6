package dev.podpool.function.internal;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/** What a jar's manifest adds to the class path: {@code Class-Path}, by the JAR specification. */
final class ManifestClassPath {
  private ManifestClassPath() {}

  /** The entries in order, there or not; none if {@code jar} is no jar. */
  static List<Path> of(Path jar) {
    String value;
    try (JarFile file = new JarFile(jar.toFile(), false)) {
      Manifest manifest = file.getManifest();
      value =
          manifest == null
              ? null
              : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
    } catch (IOException | SecurityException e) {
      return List.of(); // whoever loads from it says so
    }
    List<Path> entries = new ArrayList<>();
    if (value != null) {
      for (String entry : value.trim().split("\\s+")) {
        addIfFile(jar, entry, entries);
      }
    }
    return entries;
  }

  /** Java's own class path ignores what is no URL of a file, or none at all. */
  private static void addIfFile(Path jar, String entry, List<Path> entries) {
    try {
      URI uri = jar.toUri().resolve(entry);
      if (!entry.isEmpty() && "file".equalsIgnoreCase(uri.getScheme())) {
        entries.add(Path.of(uri).toAbsolutePath().normalize());
      }
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      // Not ours to mend.
    }
  }
}
