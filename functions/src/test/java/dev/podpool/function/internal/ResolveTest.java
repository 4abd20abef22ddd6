package dev.podpool.function.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.CodeMismatchException;
import dev.podpool.function.FunctionNotFoundException;
import dev.podpool.function.RemoteFunction;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResolveTest {
  private static final String NAME = "shop.Prices";

  @TempDir Path dir;

  @Test
  void anotherBuildOfTheClassIsRefusedWithBothDigests() throws Throwable {
    byte[] theirs = compile("public static int twice(int n) { return 2 * n; }");
    byte[] ours = compile("public static int twice(int n) { return n + n; }");
    byte[] reference = captureIn(theirs);
    assertThat(FunctionReference.resolve(reference, loader(theirs)).call(4)).isEqualTo(8);
    assertThatThrownBy(() -> FunctionReference.resolve(reference, loader(ours)))
        .isInstanceOf(CodeMismatchException.class)
        .hasMessage(
            "shop.Prices is another build in the worker: it has sha256 "
                + shortened(ours)
                + ", and the submitter has sha256 "
                + shortened(theirs)
                + "; restart the worker with the submitter's build, or let the code travel");
  }

  @Test
  void aClassThatIsNotInTheWorkerIsNamed() throws Exception {
    byte[] reference = captureIn(compile("public static int twice(int n) { return 2 * n; }"));
    assertThatThrownBy(
            () -> FunctionReference.resolve(reference, ResolveTest.class.getClassLoader()))
        .isInstanceOf(FunctionNotFoundException.class)
        .hasMessage(
            "a class of the function shop.Prices::twice is not in the worker: shop.Prices; let the"
                + " code travel, or use a worker image that has it");
  }

  @Test
  void aMethodThatIsNotInTheWorkersJdkIsNamed() {
    RemoteFunction<String, Integer> length = String::length;
    byte[] reference = Capture.capture(length).reference();
    String text = new String(reference, java.nio.charset.StandardCharsets.ISO_8859_1);
    reference[text.indexOf("length")] = 'L';
    assertThatThrownBy(
            () -> FunctionReference.resolve(reference, ResolveTest.class.getClassLoader()))
        .isInstanceOf(FunctionNotFoundException.class)
        .hasMessageStartingWith("the worker's build of java.lang.String has no Length()int; ");
  }

  @Test
  void resolvingDoesNotInitializeTheClass() throws Exception {
    byte[] build =
        compile(
            "static { System.setProperty(\"shop.Prices\", \"initialized\"); }"
                + " public static int twice(int n) { return 2 * n; }");
    byte[] reference = captureIn(build);
    System.clearProperty(NAME);
    var resolved = FunctionReference.resolve(reference, loader(build));
    assertThat(System.getProperty(NAME)).isNull();
    assertThatThrownBy(() -> resolved.decode(new byte[] {'x'}, 0, 1)).isNotNull();
    assertThat(System.getProperty(NAME)).isNull();
  }

  private byte[] compile(String member) throws Exception {
    Path source = Files.createDirectories(dir.resolve("shop")).resolve("Prices.java");
    Files.writeString(
        source,
        "package shop; public class Prices { "
            + member
            + " public static java.io.Serializable function() {"
            + " return (dev.podpool.function.RemoteFunction<Integer, Integer>) Prices::twice; } }");
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                source.toString());
    assertThat(status).isZero();
    return Files.readAllBytes(dir.resolve("shop/Prices.class"));
  }

  private static byte[] captureIn(byte[] build) throws Exception {
    var function = (Serializable) loader(build).loadClass(NAME).getMethod("function").invoke(null);
    return Capture.capture(function).reference();
  }

  private static ClassLoader loader(byte[] build) {
    return new WorkerLoader(Map.of(NAME, build));
  }

  private static String shortened(byte[] build) {
    return HexFormat.of().formatHex(Sha256.digest(build)).substring(0, 12);
  }
}
