package dev.podpool.operator.cluster;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;

/** How a container ended, for people. */
final class PodEnd {

  private static final int SIGNALS = 31;

  private PodEnd() {}

  /** Negative N where signal N ended it: a container's runtime says 128 + N, as shells do. */
  static int exitCode(ContainerStateTerminated ended) {
    int code = ended.getExitCode();
    return code > 128 && code <= 128 + SIGNALS ? 128 - code : code;
  }

  /** Such as {@code exit -9, OOMKilled}, with its last words if it left any. */
  static String words(ContainerStateTerminated ended) {
    StringBuilder words = new StringBuilder("exit ").append(exitCode(ended));
    String reason = ended.getReason();
    if (reason != null && !reason.equals("Error") && !reason.equals("Completed")) {
      words.append(", ").append(reason);
    }
    String lastWords = ended.getMessage();
    if (lastWords != null && !lastWords.isBlank()) {
      words.append(", ").append(Words.brief(lastWords));
    }
    return words.toString();
  }
}
