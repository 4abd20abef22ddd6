package dev.podpool.cli;

import dev.podpool.rpc.RuntimeDirectory;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --runtime} of a command that needs the runtime's files. */
final class LocalDirectory {

  @Option(
      names = "--runtime",
      paramLabel = "DIRECTORY",
      description = "The runtime's directory. Defaults to PODPOOL_HOME, or the user's own.")
  private @Nullable Path directory;

  RuntimeDirectory directory(Shell shell) {
    return directory == null
        ? shell.directory()
        : new RuntimeDirectory(directory.toAbsolutePath().normalize());
  }
}
