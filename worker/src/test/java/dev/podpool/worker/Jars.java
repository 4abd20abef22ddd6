package dev.podpool.worker;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;

/** Jars of classes that no class path of this JVM has. */
final class Jars {
  // Else an entry has the time at which it was put, and the same jar made later is another.
  private static final LocalDateTime TIME = LocalDateTime.of(2020, 1, 1, 0, 0);

  private Jars() {}

  /** A jar with the class {@code shop.Price}, whose {@code of(int)} adds {@code addend}. */
  static byte[] price(Path scratch, int addend) throws IOException {
    String source =
        """
        package shop;
        public class Price {
          static int calls;
          public static int of(int n) { return n + %d; }
          public static int calls(int n) { return calls += n; }
          public static String about(String name) throws Exception {
            ClassLoader loader = Thread.currentThread().getContextClassLoader();
            if (loader != Price.class.getClassLoader()) { return "another loader"; }
            try (var in = loader.getResourceAsStream(name)) {
              return new String(in.readAllBytes());
            }
          }
        }
        """
            .formatted(addend);
    Path file = Files.writeString(scratch.resolve("Price.java"), source);
    Path classes = Files.createTempDirectory(scratch, "classes");
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", classes.toString(), file.toString());
    if (status != 0) {
      throw new IllegalStateException("it does not compile");
    }
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (Stream<Path> all = Files.walk(classes)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        entries.put(classes.relativize(each).toString(), Files.readAllBytes(each));
      }
    }
    entries.put("shop/about.txt", ("adds " + addend).getBytes(StandardCharsets.UTF_8));
    return of(entries);
  }

  static byte[] of(Map<String, byte[]> entries) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        ZipEntry named = new ZipEntry(entry.getKey());
        named.setTimeLocal(TIME);
        zip.putNextEntry(named);
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
    return bytes.toByteArray();
  }
}
