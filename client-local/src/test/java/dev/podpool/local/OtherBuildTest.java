package dev.podpool.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.Pool;
import dev.podpool.PoolOptions;
import dev.podpool.TaskFailedException;
import dev.podpool.TaskFailedException.Kind;
import dev.podpool.function.RemoteSupplier;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The children have classes that this JVM has not, or has in another build. */
@Timeout(120)
class OtherBuildTest {

  @TempDir Path directory;

  @Test
  void aLambdaOfAnotherBuildIsNotRunAndWhatOnlyTheWorkerHasArrivesAsText() throws Exception {
    Path here = compile("here", "return () -> 1;");
    // An agent's jar is added to the class path of the JVM that it is given to.
    Path jar = agent(compile("there", "return () -> 2;"));
    PoolOptions options = new PoolOptions().workers(1).jvmArguments("-javaagent:" + jar);
    try (Pool pool = Pool.local(options);
        URLClassLoader loader = new URLClassLoader(new URL[] {here.toUri().toURL()})) {
      assertThatThrownBy(() -> pool.apply(function(loader)))
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("other.Functions")
          .extracting(e -> ((TaskFailedException) e).kind())
          .isEqualTo(Kind.CODE_MISMATCH);

      assertThatThrownBy(
              () -> pool.apply(Work::throwsWhatOnlyTheWorkerHas, "other.Functions$Trouble"))
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("see cause")
          .cause()
          .hasMessageContaining("other.Functions$Trouble");
    }
  }

  @Test
  void aClassThatTheWorkerHasNotIsTheJobsError() throws Exception {
    Path here = compile("here", "return () -> 1;");
    // With an argument, which may add classes, only the worker can tell.
    PoolOptions options = new PoolOptions().workers(1).jvmArguments("-Dother=none");
    try (Pool pool = Pool.local(options);
        URLClassLoader loader = new URLClassLoader(new URL[] {here.toUri().toURL()})) {
      assertThatThrownBy(() -> pool.apply(function(loader)))
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("other.Functions")
          .extracting(e -> ((TaskFailedException) e).kind())
          .isEqualTo(Kind.FUNCTION_NOT_FOUND);
    }
  }

  @SuppressWarnings("unchecked")
  private static RemoteSupplier<Integer> function(ClassLoader loader) throws Exception {
    return (RemoteSupplier<Integer>)
        loader.loadClass("other.Functions").getMethod("function").invoke(null);
  }

  private Path compile(String name, String body) throws Exception {
    Path classes = Files.createDirectories(directory.resolve(name));
    Path source = classes.resolve("Functions.java");
    Files.writeString(
        source,
        """
        package other;
        public class Functions {
          public static dev.podpool.function.RemoteSupplier<Integer> function() { %s }
          public static void premain(String arguments) {}
          public static class Trouble extends RuntimeException {}
        }
        """
            .formatted(body));
    List<String> arguments =
        new ArrayList<>(List.of("--release", "17", "-proc:none", "-Xlint:none"));
    arguments.addAll(List.of("-cp", System.getProperty("java.class.path")));
    arguments.addAll(List.of("-d", classes.toString(), source.toString()));
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    assertThat(result).isZero();
    return classes;
  }

  private Path agent(Path classes) throws Exception {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", "other.Functions");
    Path jar = directory.resolve("agent.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest);
        Stream<Path> files = Files.walk(classes)) {
      for (Path each : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        out.putNextEntry(new JarEntry(classes.relativize(each).toString()));
        Files.copy(each, out);
      }
    }
    return jar;
  }
}
