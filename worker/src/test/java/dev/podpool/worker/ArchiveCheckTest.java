package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArchiveCheckTest {
  @TempDir Path scratch;

  private String problem(byte[] archive) throws IOException {
    Path file = Files.write(scratch.resolve("archive.jar"), archive);
    return ArchiveCheck.problem(file, () -> {});
  }

  @Test
  void anOrdinaryJarIsNone() throws IOException {
    assertThat(problem(Jars.of(Map.of("a/A.class", new byte[100], "a/", new byte[0])))).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "../A.class, leads out",
    "a/../../A.class, leads out",
    "/etc/A.class, absolute",
    "C:/A.class, absolute",
    "a\\..\\A.class, backslash"
  })
  void aNameThatLeadsElsewhereIsRefused(String name, String problem) throws IOException {
    assertThat(problem(Jars.of(Map.of(name, new byte[1])))).contains(name, problem);
  }

  @Test
  void aLinkIsRefused() throws IOException {
    byte[] jar = Jars.of(Map.of("a", "/etc/passwd".getBytes(StandardCharsets.US_ASCII)));
    int at = jar.length - 22 - 47; // the only entry of the directory, its name included
    assertThat(jar[at]).isEqualTo((byte) 'P');
    jar[at + 40] = 0;
    jar[at + 41] = (byte) 0xa0;
    assertThat(problem(jar)).contains("'a'", "symbolic link");
  }

  @Test
  void whatInflatesTooMuchIsRefused() throws IOException {
    assertThat(problem(Jars.of(Map.of("A", new byte[4 << 20])))).contains("200 times");
  }

  @Test
  void whatIsCutOffOrNoJarIsRefused() throws IOException {
    byte[] jar = Jars.of(Map.of("a/A.class", new byte[100]));
    assertThat(problem(Arrays.copyOf(jar, jar.length - 1))).contains("damaged");
    assertThat(problem(Arrays.copyOfRange(jar, 10, jar.length))).contains("damaged");
    assertThat(problem(new byte[0])).contains("damaged");
    assertThat(problem(new byte[1000])).contains("damaged");
  }
}
