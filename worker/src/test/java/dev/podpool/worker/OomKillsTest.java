package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OomKillsTest {

  @Test
  void eachKillIsToldOnceWhicheverKindOfControlGroupCountsIt(@TempDir Path directory)
      throws Exception {
    Path ofV2 = directory.resolve("memory.events");
    Path ofV1 = directory.resolve("memory.oom_control");
    OomKills none = new OomKills(List.of(ofV2, ofV1));
    assertThat(none.happened()).isFalse();

    Files.writeString(ofV1, "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    OomKills kills = new OomKills(List.of(ofV2, ofV1));
    assertThat(kills.happened()).as("before it was made").isFalse();
    Files.writeString(ofV1, "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    assertThat(kills.happened()).isTrue();
    assertThat(kills.happened()).isFalse();

    Files.writeString(ofV2, "max 7\noom 4\noom_kill 5\noom_group_kill 0\n");
    assertThat(kills.happened()).isTrue();
  }
}
