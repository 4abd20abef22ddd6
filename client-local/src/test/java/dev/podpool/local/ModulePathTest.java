package dev.podpool.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.local.HelperJvm.Output;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs that have some of their classes in named modules. */
@Timeout(180)
class ModulePathTest {

  @TempDir Path directory;

  @Test
  void aFunctionInANamedModuleIsFoundByAProgramOnTheClassPath() throws Exception {
    Path shapes = directory.resolve("shapes");
    write(shapes, "module-info.java", "module shapes { exports shapes; }");
    write(
        shapes,
        "shapes/Shapes.java",
        "package shapes; public class Shapes { public static int square(int n) { return n * n; } }");
    compile(shapes, List.of());
    Path app = directory.resolve("app");
    write(
        app,
        "Main.java",
        """
        import dev.podpool.Pool;
        import java.util.List;
        public class Main {
          public static void main(String[] arguments) throws Exception {
            try (Pool pool = Pool.local(1)) {
              System.out.println(pool.map(shapes.Shapes::square, List.of(1, 2, 3)));
            }
          }
        }
        """);
    String classPath = System.getProperty("java.class.path");
    List<String> modules = List.of("--module-path", shapes.toString(), "--add-modules", "shapes");
    compile(app, with(modules, "-cp", classPath));

    assertThat(java(with(modules, "-cp", app + File.pathSeparator + classPath, "Main")))
        .isEqualTo("[1, 4, 9]\n");
  }

  private static List<String> with(List<String> arguments, String... more) {
    return Stream.concat(arguments.stream(), Stream.of(more)).toList();
  }

  private static void write(Path folder, String name, String source) throws Exception {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, source);
  }

  private static void compile(Path folder, List<String> options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--release", "17", "-proc:none"));
    arguments.addAll(List.of("-Xlint:none", "-d", folder.toString()));
    arguments.addAll(options);
    try (Stream<Path> files = Files.walk(folder)) {
      files.map(Path::toString).filter(file -> file.endsWith(".java")).forEach(arguments::add);
    }
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    assertThat(result).isZero();
  }

  private String java(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    Output output = HelperJvm.run(directory, new ProcessBuilder(command));
    assertThat(output.error()).isEmpty();
    assertThat(output.exitCode()).isZero();
    return output.standard();
  }
}
