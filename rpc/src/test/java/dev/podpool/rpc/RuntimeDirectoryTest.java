package dev.podpool.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeDirectoryTest {

  private static final Path HOME = Path.of("/home/ada");

  @TempDir private Path directory;

  @Test
  void theVariableGoesBeforeTheStateDirectoryAndThatBeforeTheHome() {
    assertThat(of("PODPOOL_HOME", "/data/pool", "XDG_STATE_HOME", "/state"))
        .isEqualTo("/data/pool");
    assertThat(of("PODPOOL_HOME", "", "XDG_STATE_HOME", "/state")).isEqualTo("/state/podpool");
    assertThat(of("PODPOOL_HOME", "", "XDG_STATE_HOME", "relative"))
        .isEqualTo("/home/ada/.local/state/podpool");
    assertThat(RuntimeDirectory.of(Map.of(), HOME).path())
        .hasToString("/home/ada/.local/state/podpool");
  }

  private static String of(String name, String value, String other, String its) {
    return RuntimeDirectory.of(Map.of(name, value, other, its), HOME).path().toString();
  }

  @Test
  void saysWhereTheQueueServesAndWithWhichKey() throws IOException {
    RuntimeDirectory runtime = new RuntimeDirectory(directory);
    assertThatThrownBy(runtime::locate)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no queue serves from " + directory);

    Files.createDirectory(runtime.queue());
    Files.writeString(runtime.endpoint(), "127.0.0.1 4711\n");
    Files.writeString(runtime.key(), "secret\n");
    assertThat(runtime.locate()).isEqualTo(new Endpoint("127.0.0.1", 4711, "secret"));

    Files.writeString(runtime.endpoint(), "127.0.0.1\n");
    assertThatThrownBy(runtime::locate).hasMessageContaining("does not hold an address and a port");
  }
}
