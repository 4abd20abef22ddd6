package dev.podpool.function.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.function.RemoteFunction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** A child's first result must not wait for a JSON library that nothing needs. */
class ChildStartTest {
  static int square(int n) {
    return n * n;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  record Point(int x, int y) {}

  static int x(Point point) {
    return point.x();
  }

  /** The child: resolves its function, and runs it on one input. */
  static final class Child {
    public static void main(String[] args) throws Throwable {
      byte[] reference = HexFormat.of().parseHex(args[0]);
      var function = FunctionReference.resolve(reference, Child.class.getClassLoader());
      byte[] input = args[1].getBytes(StandardCharsets.UTF_8);
      var out = new PayloadWriter();
      function.encode(function.call(function.decode(input, 0, input.length)), out);
      System.out.println("result " + out.sizeBytes());
    }
  }

  @Test
  void numbersStringsAndBytesLoadNoJsonLibrary() throws Exception {
    RemoteFunction<Integer, Integer> numbers = ChildStartTest::square;
    RemoteFunction<String, byte[]> texts = ChildStartTest::bytes;
    assertThat(run(numbers, "12"))
        .contains("result 4")
        .doesNotContain("com.fasterxml", " org.objectweb", "java.security.Provider ");
    assertThat(run(texts, "\"abc\"")).contains("result 5").doesNotContain("com.fasterxml");
  }

  @Test
  void aRecordDoesLoadIt() throws Exception {
    RemoteFunction<Point, Integer> records = ChildStartTest::x;
    assertThat(run(records, "{\"x\":1,\"y\":2}")).contains("result 2", "com.fasterxml");
  }

  private static String run(RemoteFunction<?, ?> function, String input) throws Exception {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load",
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                HexFormat.of().formatHex(Capture.capture(function).reference()),
                input)
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
