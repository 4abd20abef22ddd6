package dev.podpool.crd;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads manifests of pools, as strictly as {@code kubectl apply} to a cluster.
 *
 * <p>The rules are those of the custom resource definition in this jar, which is also what a
 * cluster is given: types, limits, defaults and CEL. A field that it does not know is an error.
 */
public final class Manifests {
  private Manifests() {}

  /**
   * The pool in {@code file}: one YAML document of at most 1 MiB.
   *
   * @throws ManifestException if it is no valid WorkerPool; carries every problem found
   * @throws IOException if the file cannot be read
   */
  public static WorkerPool read(Path file) throws ManifestException, IOException {
    long bytes = Files.size(file);
    if (bytes > YamlDocument.CHARACTERS_MAX) {
      throw new ManifestException(
          List.of(
              "%s: %d bytes are above the limit of %d for a manifest: give one WorkerPool"
                  .formatted(file, bytes, YamlDocument.CHARACTERS_MAX)));
    }
    return read(Files.readString(file), file.toString());
  }

  /**
   * The pool in {@code yaml}, with each default filled in.
   *
   * @param sourceName how problems name where {@code yaml} came from, such as a file's path
   * @throws ManifestException if it is no valid WorkerPool; carries every problem found
   */
  public static WorkerPool read(String yaml, String sourceName) throws ManifestException {
    YamlDocument document = YamlDocument.parse(yaml, sourceName);
    var validation = new Validation(document);
    validation.check(Schema.ofWorkerPool());
    validation.throwIfAny();
    try {
      return ValidPool.of(document.root());
    } catch (JsonProcessingException e) {
      throw new ManifestException(List.of(sourceName + ": " + e.getOriginalMessage()));
    }
  }
}
