package dev.podpool.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.local.HelperJvm.Output;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Launchers that keep classes from the class path, and so from the pool's processes. */
@Timeout(180)
class LaunchersTest {
  private static final String CLASS_PATH = System.getProperty("java.class.path");
  private static final String REMEDY =
      "A source-file launch, jshell and mvn exec:java keep classes to themselves: compile the"
          + " program, and start it with java -cp or java -jar.";

  @TempDir Path directory;

  @Test
  void aFunctionOfASourceFileIsRefusedAtOnceByEachCallWithTheRemedy() throws Exception {
    Output output =
        launch(
            List.of("-cp", CLASS_PATH),
            """
            import dev.podpool.*;
            import java.util.List;
            class Main {
              static int square(int n) { return n * n; }
              static void load() {}
              enum Color {RED}
              public static void main(String[] arguments) throws Exception {
                try (Pool pool = Pool.local(1)) {
                  show(() -> pool.map(Main::square, List.of(1, 2, 3)));
                  show(() -> pool.imap((Integer n) -> n + 1, List.of(1, 2, 3)));
                  System.out.println(pool.map(Math::abs, List.of(-1)));
                }
                show(() -> Pool.local(new PoolOptions().workers(1).initializer(Main::load)));
                try (Pool pool = Pool.inline()) {
                  System.out.println(pool.map(Main::square, List.of(1, 2, 3)));
                  System.out.println(pool.map(Color::name, List.of(Color.RED)));
                }
              }
              static void show(java.util.concurrent.Callable<?> call) throws Exception {
                try {
                  call.call();
                } catch (dev.podpool.function.CaptureException e) {
                  System.out.println(e.getMessage());
                }
              }
            }
            """);
    assertThat(output.error()).isEmpty();
    List<String> lines = output.standard().lines().toList();
    assertThat(lines).hasSize(6);
    assertThat(lines.get(0))
        .startsWith("the function Main::square cannot run in the pool's processes: its class Main")
        .endsWith(REMEDY);
    assertThat(lines.get(1)).startsWith("the function lambda at Main.java:10").endsWith(REMEDY);
    assertThat(lines.get(2)).isEqualTo("[1]");
    assertThat(lines.get(3)).startsWith("the function Main::load").endsWith(REMEDY);
    assertThat(lines.get(4)).isEqualTo("[1, 4, 9]");
    assertThat(lines.get(5)).as("a function of the JDK on a type of its own").isEqualTo("[RED]");
  }

  @Test
  void podpoolInALoaderOfALaunchersOwnSaysSoAtOnce() throws Exception {
    Output output =
        launch(
            List.of(),
            """
            import java.io.File;
            import java.net.*;
            import java.util.ArrayList;
            class Main {
              public static void main(String[] arguments) throws Exception {
                var urls = new ArrayList<URL>();
                for (String entry : arguments[0].split(File.pathSeparator)) {
                  urls.add(new File(entry).toURI().toURL());
                }
                var loader =
                    new URLClassLoader(
                        urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
                try {
                  loader.loadClass("dev.podpool.Pool").getMethod("local", int.class).invoke(null, 1);
                } catch (java.lang.reflect.InvocationTargetException e) {
                  System.out.println(e.getCause().getMessage());
                }
              }
            }
            """);
    assertThat(output.error()).isEmpty();
    assertThat(output.standard())
        .startsWith("the pool's processes could not be started: Podpool's ")
        .endsWith(REMEDY + "\n");
  }

  private Output launch(List<String> options, String source) throws Exception {
    Path file = directory.resolve("Main.java");
    Files.writeString(file, source);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of(file.toString(), CLASS_PATH));
    return HelperJvm.run(directory, new ProcessBuilder(command));
  }
}
