package dev.podpool.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessDirectoryTest {

  @TempDir private Path mounted;

  @Test
  void allOfItIsReadAnewEachTime() throws IOException {
    AccessDirectory access = new AccessDirectory(mounted);
    assertThat(access.isThere()).isFalse();
    Files.writeString(mounted.resolve("endpoint"), "q-queue.search.svc:7420\n");
    Files.writeString(mounted.resolve("ca.crt"), "first\n");
    Files.writeString(mounted.resolve("token"), "t1\n");
    assertThat(access.isThere()).isTrue();
    assertThat(access.locate())
        .isEqualTo(
            new Endpoint("q-queue.search.svc", 7420, "t1", new Endpoint.Trust("first", null)));
    Files.writeString(mounted.resolve("ca.crt"), "first\nsecond\n");
    Files.writeString(mounted.resolve("token"), "t2\n");
    assertThat(access.locate())
        .isEqualTo(
            new Endpoint(
                "q-queue.search.svc", 7420, "t2", new Endpoint.Trust("first\nsecond", null)));
  }

  @Test
  void whatIsMissingOrNoAddressIsNamed() throws IOException {
    AccessDirectory access = new AccessDirectory(mounted);
    assertThatThrownBy(access::locate)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(mounted.resolve("endpoint").toString())
        .hasMessageContaining("a pod's volume must hold endpoint, ca.crt and token");
    Files.writeString(mounted.resolve("endpoint"), "q-queue.search.svc");
    assertThatThrownBy(access::locate).hasMessageContaining("which is no host:port");
    Files.writeString(mounted.resolve("endpoint"), "q-queue.search.svc:7420");
    Files.writeString(mounted.resolve("token"), "\n");
    assertThatThrownBy(access::locate)
        .hasMessageContaining(mounted.resolve("token").toString())
        .hasMessageContaining("it is empty");
  }
}
