package dev.podpool.worker;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.podpool.protocol.WorkerStart;
import dev.podpool.session.RandomId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a worker in a pod is told, and where it leaves its last words. */
public final class PodStart {

  /** Holds a {@link WorkerStart} in Base64, without what each pod knows of itself. */
  public static final String START = "PODPOOL_START";

  /** Holds the worker's name: the pod's. */
  public static final String NAME = "PODPOOL_WORKER";

  /** Holds the pod's uid, with which the worker's session is opened. */
  public static final String UID = "PODPOOL_UID";

  // Where Kubernetes looks for it, unless a pod says otherwise; ours do not.
  private static final Path TERMINATION_MESSAGE = Path.of("/dev/termination-log");

  private PodStart() {}

  /**
   * What {@code variables} say; null where they say nothing, as this is no pod.
   *
   * @throws IOException if they are not what an operator of this build sets
   */
  static @Nullable WorkerStart of(Map<String, String> variables) throws IOException {
    String start = variables.get(START);
    if (start == null) {
      return null;
    }
    try {
      return WorkerStart.parseFrom(Base64.getDecoder().decode(start)).toBuilder()
          .setWorker(variables.getOrDefault(NAME, ""))
          .setNonce(RandomId.of(UUID.fromString(variables.getOrDefault(UID, ""))))
          .build();
    } catch (IllegalArgumentException | InvalidProtocolBufferException e) {
      throw new IOException(
          "%s, %s and %s are not what an operator sets (%s): let it make this pod"
              .formatted(START, NAME, UID, e.getMessage()),
          e);
    }
  }

  /** Says on standard error why it ends, and in a pod where Kubernetes keeps it. */
  static void lastWords(String words) {
    System.err.println(words);
    if (Files.isWritable(TERMINATION_MESSAGE)) {
      try {
        Files.writeString(TERMINATION_MESSAGE, words, StandardOpenOption.TRUNCATE_EXISTING);
      } catch (IOException e) {
        // It is on standard error.
      }
    }
  }
}
