package dev.podpool.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ManifestsTest {
  private static final String HEAD = GoodManifests.HEAD;

  @ParameterizedTest(name = "{0}")
  @MethodSource("dev.podpool.crd.BadManifests#all")
  void aBadManifestIsRefusedWithEachOfItsProblems(BadManifests.Bad bad) {
    assertThat(problemsOf(bad.yaml())).isEqualTo(bad.problems());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("dev.podpool.crd.GoodManifests#all")
  void aGoodManifestIsThePoolThatDataBindingWouldMake(GoodManifests.Good good) throws Exception {
    YamlDocument document = YamlDocument.parse(good.yaml(), "pool.yaml");
    new Validation(document).check(Schema.ofWorkerPool());
    ObjectNode root = ((ObjectNode) document.root()).without("status");

    WorkerPool pool = Manifests.read(good.yaml(), "pool.yaml");

    var mapper = JsonMapper.builder().build();
    assertThat(mapper.<JsonNode>valueToTree(pool))
        .isEqualTo(mapper.valueToTree(mapper.treeToValue(root, WorkerPool.class)));
    assertThat(pool.getSpec())
        .isEqualTo(mapper.treeToValue(root.get("spec"), WorkerPoolSpec.class));
    assertThat(pool.getStatus()).as("the operator's own").isNull();
  }

  @Test
  void metadataThatKubernetesWroteIsKept() throws Exception {
    WorkerPool pool =
        Manifests.read(HEAD + "  resourceVersion: '7'\n  finalizers: [a/b]\n", "pool.yaml");

    assertThat(pool.getMetadata().getName()).isEqualTo("index");
    assertThat(pool.getMetadata().getResourceVersion()).isEqualTo("7");
    assertThat(pool.getMetadata().getFinalizers()).containsExactly("a/b");
  }

  @Test
  void theExampleIsValid() throws Exception {
    WorkerPool pool = Manifests.read(Path.of("../examples/index/pool.yaml"));

    assertThat(pool.getMetadata().getName()).isEqualTo("index");
    assertThat(pool.getSpec().workers()).isEqualTo(4);
    assertThat(pool.getSpec().daemon()).isFalse();
    assertThat(pool.getSpec().drainDeadlineOrDefault()).isEqualTo(Duration.ofMinutes(10));
    assertThat(pool.getSpec().template().resources().limits().memoryBytes()).hasValue(536_870_912L);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      quoteCharacter = '"',
      value = {"\"\"", "spec:", "spec: {}", "\"spec: {template: }\""})
  void whatAManifestLeavesOutHasItsDefault(String rest) throws Exception {
    WorkerPool pool = Manifests.read(HEAD + rest, "pool.yaml");

    assertThat(pool.getSpec()).isEqualTo(WorkerPoolSpec.defaults());
    assertThat(pool.getSpec().drainDeadlineOrDefault()).isEqualTo(Duration.ofMinutes(10));
    assertThat(pool.getSpec().taskTimeoutIfAny()).isEmpty();
  }

  @Test
  void everyFieldArrivesInTheTypedPool() throws Exception {
    WorkerPoolSpec spec = Manifests.read(GoodManifests.FULL, "pool.yaml").getSpec();

    assertThat(spec.workers()).isZero();
    assertThat(spec.slots()).isEqualTo(2);
    assertThat(spec.drainDeadlineOrDefault()).isEqualTo(Duration.ofMinutes(90));
    assertThat(spec.initializer())
        .isEqualTo(new Initializer("com.example.Models::load", List.of("/models")));
    assertThat(spec.maxTasksPerWorker()).isEqualTo(100);
    assertThat(spec.maxAttempts()).isEqualTo(1);
    assertThat(spec.taskTimeoutIfAny()).contains(Duration.ofMillis(500));
    WorkerTemplate template = spec.template();
    assertThat(template.image()).isEqualTo("registry.example/worker:1");
    assertThat(template.env()).containsExactly(new EnvVar("A", "b"), new EnvVar("EMPTY", ""));
    assertThat(template.resources().limits().memoryBytes()).hasValue(1L << 30);
    assertThat(template.resources().requests().cpu()).hasToString("500m");
    assertThat(template.labels()).isEqualTo(Map.of("team", "search"));
    assertThat(template.annotations()).isEqualTo(Map.of("note", "text"));
    assertThat(template.nodeSelector()).isEqualTo(Map.of("disk", "ssd"));
    assertThat(template.tolerations())
        .containsExactly(
            new Toleration("gpu", Toleration.Operator.Exists, null, Toleration.Effect.NoSchedule));
  }

  @Test
  void whatIsNoSingleSmallDocumentIsRefused() {
    assertThat(problemsOf(""))
        .containsExactly("pool.yaml: is empty: give a WorkerPool, beginning with apiVersion");
    assertThat(problemsOf(HEAD + "---\n" + HEAD))
        .containsExactly(
            "pool.yaml:6:1: a second document begins here: give one WorkerPool a file");
    assertThat(problemsOf("spec: {a: [}"))
        .singleElement()
        .asString()
        .startsWith("pool.yaml:1:12: not YAML: ");
    assertThat(problemsOf("- 1"))
        .containsExactly(
            "pool.yaml:1:1: a manifest is fields with values: begin with apiVersion:"
                + " podpool.dev/v1alpha1");
    assertThat(problemsOf(HEAD + "spec:\n  workers: 1\n  workers: 2\n"))
        .containsExactly("pool.yaml:7:3: spec.workers: given twice, first on line 6: keep one");
    assertThat(problemsOf("a: !!int four"))
        .containsExactly(
            "pool.yaml:1:4: 'four' is not what its tag tag:yaml.org,2002:int says: leave the tag out");
    assertThat(problemsOf("#".repeat(1024 * 1024 + 1)))
        .containsExactly(
            "pool.yaml: 1048577 characters are above the limit of 1048576 for a manifest: give one"
                + " WorkerPool");
  }

  @Test
  void aliasesThatGrowWithoutBoundAreRefused() {
    var bomb = new StringBuilder("a0: &a0 [x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      bomb.append(
          "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n".formatted(i, i, i - 1, i - 1, i - 1, i - 1));
    }
    assertThat(problemsOf(bomb.toString()))
        .singleElement()
        .asString()
        .contains("nests or repeats too much: at most 50 levels and 50000 values");
    assertThat(problemsOf("a: &a [*a]"))
        .singleElement()
        .asString()
        .contains("nests or repeats too much");
  }

  @Test
  void aFileTooLargeIsNotEvenRead(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("pool.yaml"), "#".repeat(1024 * 1024 + 1));

    assertThat(catchThrowableOfType(ManifestException.class, () -> Manifests.read(file)))
        .hasMessageContaining("1048577 bytes are above the limit of 1048576");
  }

  @Test
  void aFileThatIsNoTextIsNamedWithWhatItIs(@TempDir Path folder) throws IOException {
    Path absent = folder.resolve("absent.yaml");
    assertThat(problemsOf(absent)).containsExactly(absent + ": no such file: check the path");
    assertThat(problemsOf(folder))
        .containsExactly(folder + ": is a directory: give the file of a WorkerPool");
    Path binary = Files.write(folder.resolve("pool.bin"), new byte[] {0x7f, 'E', 'L', 'F', -1});
    assertThat(problemsOf(binary))
        .containsExactly(binary + ": is not text in UTF-8: give the YAML of a WorkerPool");
    Path control = Files.write(folder.resolve("pool.nul"), new byte[] {'a', 0, 'b'});
    assertThat(problemsOf(control))
        .containsExactly(control + ": not YAML: character 0x0 at position 1 is no text");
    Path locked = Files.writeString(folder.resolve("locked.yaml"), HEAD);
    Files.setPosixFilePermissions(locked, Set.of());
    if (!Files.isReadable(locked)) { // root may read all
      assertThat(problemsOf(locked))
          .containsExactly(locked + ": may not be read: give yourself the right to");
    }
  }

  private static List<String> problemsOf(Path file) {
    var refused = catchThrowableOfType(ManifestException.class, () -> Manifests.read(file));
    assertThat(refused).as("must be refused").isNotNull();
    return refused.problems();
  }

  private static List<String> problemsOf(String yaml) {
    var refused =
        catchThrowableOfType(ManifestException.class, () -> Manifests.read(yaml, "pool.yaml"));
    assertThat(refused).as("must be refused").isNotNull();
    return refused.problems();
  }
}
