package dev.podpool.function.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassPathArchivesTest {
  @TempDir Path scratch;

  private Path directory(String name, String... files) throws IOException {
    Path root = scratch.resolve(name);
    for (String file : files) {
      Path path = root.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, "content of " + file);
    }
    return root;
  }

  private Path jar(String name, String classPath, String... entries) throws IOException {
    Path jar = scratch.resolve(name);
    var manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    if (!classPath.isEmpty()) {
      manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
    }
    try (var out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
      for (String entry : entries) {
        out.putNextEntry(new ZipEntry(entry));
      }
    }
    return jar;
  }

  private static List<ClassPathArchives.Archive> of(Object... entries) {
    return ClassPathArchives.of(
        String.join(
            File.pathSeparator, java.util.Arrays.stream(entries).map(Object::toString).toList()));
  }

  @Test
  void aDirectoryIsPackedAlikeWhereverAndWheneverItIs() throws Exception {
    Path one = directory("one/classes", "a/B.class", "a/A.class", "x.txt", ".git/config", "a/.x");
    Path two = directory("two/classes", "x.txt", "a/A.class", "a/B.class");
    Files.setLastModifiedTime(two.resolve("x.txt"), FileTime.fromMillis(1));

    var archives = of(one, two);
    assertThat(archives).hasSize(2);
    assertThat(archives.get(0).sha256()).isEqualTo(archives.get(1).sha256());
    assertThat(archives.get(0).name()).isEqualTo("one/classes");
    byte[] bytes = Files.readAllBytes(archives.get(0).file());
    assertThat(archives.get(0).sizeBytes()).isEqualTo(bytes.length);
    assertThat(archives.get(0).sha256()).isEqualTo(ClassPathArchives.sha256().digest(bytes));
    try (var zip = new ZipFile(archives.get(0).file().toFile())) {
      assertThat(zip.stream().map(ZipEntry::getName))
          .containsExactly("a/", "a/A.class", "a/B.class", "x.txt");
    }
  }

  @Test
  void aDirectoryWithOtherContentHasAnotherDigest() throws Exception {
    Path one = directory("one", "A.class");
    Path two = directory("two", "A.class");
    Files.writeString(two.resolve("A.class"), "other");
    var archives = of(one, two);
    assertThat(archives.get(0).sha256()).isNotEqualTo(archives.get(1).sha256());
  }

  @Test
  void aJarIsTakenAsItIsWithThoseThatItsManifestNamesBehindIt() throws Exception {
    Path further = jar("further.jar", "", "b/B.class");
    Path jar = jar("index.jar", "further.jar missing.jar index.jar", "a/A.class");
    var archives = of(jar, further);
    assertThat(archives.stream().map(ClassPathArchives.Archive::file))
        .containsExactly(jar, further);
    assertThat(archives.get(0).name()).isEqualTo("index.jar");
    assertThat(archives.get(0).sha256())
        .isEqualTo(ClassPathArchives.sha256().digest(Files.readAllBytes(jar)));
    assertThat(archives.get(0).sizeBytes()).isEqualTo(Files.size(jar));
  }

  @Test
  void whatEachChildHasIsLeftOut() throws Exception {
    Path own = directory("own", "dev/podpool/function/X.class", "notes.txt");
    Path jackson = jar("j.jar", "", "com/fasterxml/jackson/core/X.class", "module-info.class");
    Path shaded = jar("shaded.jar", "", "com/fasterxml/jackson/core/X.class", "shop/Price.class");
    Path resources = directory("resources", "config.json");
    assertThat(of(own, jackson, shaded, resources).stream().map(a -> a.file().getFileName()))
        .hasSize(2)
        .startsWith(shaded.getFileName());
  }

  @Test
  void whatIsNotThereOrNoJarIsSkipped() throws Exception {
    Path noJar = Files.writeString(scratch.resolve("native.so"), "not a jar");
    Path empty = Files.createDirectories(scratch.resolve("empty"));
    assertThat(of(noJar, empty, scratch.resolve("missing.jar"))).isEmpty();
  }
}
