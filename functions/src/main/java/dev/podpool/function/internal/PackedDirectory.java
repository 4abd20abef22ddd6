package dev.podpool.function.internal;

import dev.podpool.function.CaptureException;
import dev.podpool.function.internal.ClassPathArchives.Archive;
import java.io.File;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.LocalDateTime;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/** A directory of classes as a jar, whose bytes depend on the names and contents in it only. */
final class PackedDirectory {
  // The earliest that a zip file can say, so that no time zone shifts it.
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0, 0);
  private static @Nullable Path scratch; // guarded by the class

  private final Path root;
  private final SortedMap<String, Path> files;

  private PackedDirectory(Path root, SortedMap<String, Path> files) {
    this.root = root;
    this.files = files;
  }

  /** What is in {@code root}: links are followed, names that begin with a dot left out. */
  static PackedDirectory list(Path root) throws IOException {
    SortedMap<String, Path> files = new TreeMap<>();
    Files.walkFileTree(
        root,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        Integer.MAX_VALUE,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes ignored) {
            if (directory.equals(root)) {
              return FileVisitResult.CONTINUE;
            }
            // Folders have entries of their own: frameworks that look for classes ask for them.
            return add(directory, "/") ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile()) {
              add(file, "");
            }
            return FileVisitResult.CONTINUE;
          }

          private boolean add(Path path, String suffix) {
            if (path.getFileName().toString().startsWith(".")) {
              return false;
            }
            String name = root.relativize(path).toString().replace(File.separatorChar, '/');
            files.put(name + suffix, path);
            if (files.size() > ClassPathArchives.ENTRIES_MAX) {
              throw tooLarge(root, "more than " + ClassPathArchives.ENTRIES_MAX + " files");
            }
            return true;
          }
        });
    return new PackedDirectory(root, files);
  }

  Set<String> names() {
    return files.keySet();
  }

  Archive pack(String name) throws IOException {
    Path jar = Files.createTempFile(scratch(), "", ".jar");
    MessageDigest digest = ClassPathArchives.sha256();
    try (ZipOutputStream zip =
        new ZipOutputStream(
            new DigestOutputStream(new Capped(Files.newOutputStream(jar), root), digest))) {
      for (Map.Entry<String, Path> file : files.entrySet()) {
        ZipEntry entry = new ZipEntry(file.getKey());
        entry.setTimeLocal(TIME);
        zip.putNextEntry(entry);
        if (!entry.isDirectory()) {
          Files.copy(file.getValue(), zip);
        }
        zip.closeEntry();
      }
    }
    return new Archive(name, jar, digest.digest(), Files.size(jar));
  }

  /** A private directory that is deleted when this JVM ends. */
  private static synchronized Path scratch() throws IOException {
    if (scratch == null) {
      Path created = Files.createTempDirectory("podpool-code");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(created), "podpool-code-end"));
      scratch = created;
    }
    return scratch;
  }

  private static void delete(Path directory) {
    File[] files = directory.toFile().listFiles();
    if (files != null) {
      for (File file : files) {
        file.delete();
      }
    }
    directory.toFile().delete();
  }

  static CaptureException tooLarge(Path entry, String size) {
    return new CaptureException(
        "the class path's entry "
            + entry
            + " has "
            + size
            + ", and cannot travel to workers: an archive may have "
            + ClassPathArchives.ARCHIVE_BYTES_MAX
            + " bytes (512 MiB) and "
            + ClassPathArchives.ENTRIES_MAX
            + " files. Take what functions do not need off the class path, or put it into the"
            + " workers' image.");
  }

  /** Ends the packing of what is too large before it fills the disk. */
  private static final class Capped extends FilterOutputStream {
    private final Path root;
    private long left = ClassPathArchives.ARCHIVE_BYTES_MAX;

    Capped(OutputStream out, Path root) {
      super(out);
      this.root = root;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      left -= count;
      if (left < 0) {
        throw tooLarge(root, "more bytes, packed");
      }
      out.write(bytes, offset, count);
    }
  }
}
