package dev.podpool.queue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Entry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A log written by version 0.1 must give the state that it gave then, for ever. Where this fails,
 * logs in the field would make replicas of two versions differ: give the change a feature level.
 */
class GoldenBytesTest {

  private static final String LOG = "golden/log-0.1.bin";
  private static final String STATE = "golden/state-0.1.sha256";
  private static final int ENTRIES = 600;

  @Test
  void theLogOfEachReleaseGivesTheStateThatItGaveThen() throws IOException {
    var machine = new QueueMachine();
    var in = new ByteArrayInputStream(resource(LOG));
    for (Entry entry = read(in); entry != null; entry = read(in)) {
      machine.apply(entry, new Recorded());
    }

    assertThat(machine.index()).isEqualTo(ENTRIES);
    assertThat(hex(machine)).isEqualTo(new String(resource(STATE), UTF_8).strip());
  }

  /** Only before a release, for a new version's files. */
  @Test
  @EnabledIfSystemProperty(named = "golden.write", matches = "src/test/resources")
  void writesTheFiles() throws IOException {
    var machine = new QueueMachine();
    var model = new Model();
    var workload = new Workload(new SplittableRandom(1), model);
    var out = new ByteArrayOutputStream();
    while (machine.index() < ENTRIES) {
      Entry entry =
          machine.status(QueueScript.POOL) == null ? ModelTest.founding(machine) : workload.next();
      entry.writeDelimitedTo(out);
      var effects = new Recorded();
      machine.apply(entry, effects);
      model.apply(entry, effects, machine.snapshot());
    }
    Path directory = Path.of(System.getProperty("golden.write"));
    Files.createDirectories(directory.resolve(LOG).getParent());
    Files.write(directory.resolve(LOG), out.toByteArray());
    Files.writeString(directory.resolve(STATE), hex(machine) + "\n");
  }

  private static Entry read(ByteArrayInputStream in) throws IOException {
    return Entry.parseDelimitedFrom(in);
  }

  private static byte[] resource(String name) throws IOException {
    try (var in = GoldenBytesTest.class.getResourceAsStream("/" + name)) {
      assertThat(in).as(name).isNotNull();
      return in.readAllBytes();
    }
  }

  private static String hex(QueueMachine machine) {
    return java.util.HexFormat.of().formatHex(machine.stateHash().toByteArray());
  }
}
