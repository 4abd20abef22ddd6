package dev.podpool.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The definitions in {@code src/main/resources} are what the annotated types say.
 *
 * <p>Fabric8's generator makes it; its Maven plugin has no way to mend five things that it gets
 * wrong, so this test runs the generator itself and mends them.
 */
class DefinitionsTest {
  private static final Path COMMITTED = Path.of("src/main/resources/dev/podpool/crd");
  private static final List<String> COLUMNS =
      List.of(
          "Workers",
          "Replicas",
          "Ready",
          "Unfinished",
          "Dead",
          "Storage",
          "Process",
          "PID",
          "Exit",
          "Daemon",
          "Parent",
          "Status",
          "Reason",
          "Age");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(classes = {WorkerPool.class, QueueCluster.class, WorkerProcess.class})
  void theCommittedDefinitionIsTheOneThatTheTypesSay(Class<? extends HasMetadata> type)
      throws IOException {
    String generated = generate(type);
    Path committed = COMMITTED.resolve(HasMetadata.getFullResourceName(type) + ".yaml");
    if (Boolean.getBoolean("crd.write")) {
      Files.writeString(committed, generated);
    }
    assertThat(Files.readString(committed))
        .as("after a change of the types run: mvn -pl crds test -Dcrd.write=true")
        .isEqualTo(generated);
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void everyFieldIsDescribed(Schema schema) {
    assertThat(undescribed("", schema)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void eachAllowedValueIsText(Schema schema) {
    assertThat(allowed(schema)).isNotEmpty().allMatch(JsonNode::isTextual);
  }

  static Stream<Schema> schemas() {
    return Stream.of(
        Schema.ofWorkerPool(),
        Schema.in("queueclusters.podpool.dev.yaml"),
        Schema.in("workerprocesses.podpool.dev.yaml"));
  }

  private static Stream<JsonNode> allowed(Schema schema) {
    Stream<Schema> inner =
        Stream.concat(schema.properties().values().stream(), schema.items().stream());
    return Stream.concat(
        StreamSupport.stream(schema.node().path("enum").spliterator(), false),
        inner.flatMap(DefinitionsTest::allowed));
  }

  private static List<String> undescribed(String path, Schema schema) {
    var missing = new ArrayList<String>();
    for (String name : schema.properties().keySet()) {
      Schema property = schema.properties().get(name);
      if (property.description().isEmpty() && !path.isEmpty()) {
        missing.add(path + name);
      }
      missing.addAll(undescribed(path + name + ".", property));
      property.items().ifPresent(items -> missing.addAll(undescribed(path + name + "[].", items)));
    }
    return missing;
  }

  private String generate(Class<? extends HasMetadata> type) throws IOException {
    new CRDGenerator()
        .withPostProcessor(
            new CRDPostProcessor() {
              @Override
              public HasMetadata process(HasMetadata crd, String version) {
                return mend(crd);
              }
            })
        .withMinQuotes(true)
        .inOutputDir(folder.toFile())
        .customResourceClasses(type)
        .generate();
    return quoted(
        Files.readString(folder.resolve(HasMetadata.getFullResourceName(type) + "-v1.yml")));
  }

  /** It writes YAML 1.2; the API server reads 1.1, to which plain True and False are no text. */
  private static String quoted(String yaml) {
    return yaml.replaceAll("(?m)^( *- )(True|False)$", "$1'$2'");
  }

  private static HasMetadata mend(HasMetadata generated) {
    var crd = (CustomResourceDefinition) generated;
    var version = crd.getSpec().getVersions().get(0);
    // It sorts columns by path; people read them from left to right.
    version
        .getAdditionalPrinterColumns()
        .sort(Comparator.comparingInt(column -> COLUMNS.indexOf(column.getName())));
    mend(version.getSchema().getOpenAPIV3Schema());
    return crd;
  }

  private static void mend(JSONSchemaProps schema) {
    // It takes a record component's rule twice: from its field and from its accessor.
    schema.setXKubernetesValidations(
        new ArrayList<>(new LinkedHashSet<>(schema.getXKubernetesValidations())));
    // It reads {} as a record of zeros; the API server fills in the fields' own defaults.
    JsonNode value = schema.getDefault();
    if (value != null && value.isObject()) {
      schema.setDefault(JsonNodeFactory.instance.objectNode());
    }
    // It drops a quantity's @Size; without a limit the API server thinks its rules expensive.
    if (Boolean.TRUE.equals(schema.getXKubernetesIntOrString())) {
      schema.setMaxLength(32L);
    }
    schema.getProperties().values().forEach(DefinitionsTest::mend);
    if (schema.getItems() != null) {
      mend(schema.getItems().getSchema());
    }
  }
}
