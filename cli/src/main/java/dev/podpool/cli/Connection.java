package dev.podpool.cli;

import dev.podpool.ConnectOptions;
import dev.podpool.Podpool;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --runtime}: whom to talk to. */
final class Connection {

  @Option(
      names = "--runtime",
      paramLabel = "DIRECTORY",
      description =
          "The runtime's directory. Defaults to PODPOOL_HOME, or the user's own; or"
              + " PODPOOL_ENDPOINT and PODPOOL_KEY_FILE say where it serves.")
  private @Nullable Path directory;

  Podpool connect() {
    return connect(ConnectOptions.defaults().withCodeInWorkers());
  }

  Podpool connect(ConnectOptions options) {
    return directory == null ? Podpool.connect(options) : Podpool.connect(directory, options);
  }
}
