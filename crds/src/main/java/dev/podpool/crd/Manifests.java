package dev.podpool.crd;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
   * @throws ManifestException if it is not there, may not be read, is no text, or no valid
   *     WorkerPool; carries every problem found, as {@link #read(String, String)} does
   * @throws IOException if reading fails for another reason
   */
  public static WorkerPool read(Path file) throws ManifestException, IOException {
    return read(text(file), file.toString());
  }

  /**
   * The text in {@code file}, for whoever needs it beside {@link #read(String, String)}: a file
   * that is a pipe can be read but once.
   *
   * @throws ManifestException if it is not there, may not be read, is too large or no text
   * @throws IOException if reading fails for another reason
   */
  public static String text(Path file) throws ManifestException, IOException {
    try {
      if (Files.isDirectory(file)) {
        throw refused(file + ": is a directory: give the file of a WorkerPool");
      }
      long bytes = Files.size(file);
      if (bytes > YamlDocument.CHARACTERS_MAX) {
        throw refused(
            "%s: %d bytes are above the limit of %d for a manifest: give one WorkerPool"
                .formatted(file, bytes, YamlDocument.CHARACTERS_MAX));
      }
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw refused(file + ": no such file: check the path");
    } catch (AccessDeniedException e) {
      throw refused(file + ": may not be read: give yourself the right to");
    } catch (CharacterCodingException e) {
      throw refused(file + ": is not text in UTF-8: give the YAML of a WorkerPool");
    }
  }

  private static ManifestException refused(String problem) {
    return new ManifestException(List.of(problem));
  }

  /**
   * The pool in {@code yaml}, with each default filled in.
   *
   * @param sourceName how problems name where {@code yaml} came from, such as a file's path
   * @throws ManifestException if it is no valid WorkerPool; carries every problem found, but that
   *     what is no YAML, gives a key twice, or is of another kind or version, is not looked into
   */
  public static WorkerPool read(String yaml, String sourceName) throws ManifestException {
    YamlDocument document = YamlDocument.parse(yaml, sourceName);
    var validation = new Validation(document);
    validation.check(Schema.ofWorkerPool());
    validation.throwIfAny();
    try {
      return ValidPool.of(document.root());
    } catch (JsonProcessingException e) {
      throw refused(sourceName + ": " + e.getOriginalMessage());
    }
  }
}
