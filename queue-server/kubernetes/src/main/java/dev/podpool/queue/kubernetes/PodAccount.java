package dev.podpool.queue.kubernetes;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a pod reaches its cluster's API server, and as whom.
 *
 * @param server its address
 * @param files holds {@code token}, {@code ca.crt} and {@code namespace}, as Kubernetes mounts them
 * @param pod name of the pod; null for the first of whichever queue it is
 */
public record PodAccount(URI server, Path files, @Nullable String pod) {

  /** The variable that holds the pod's name. */
  static final String POD_NAME = "POD_NAME";

  private static final Path FILES = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  /** Of a queue's first pod. */
  public PodAccount(URI server, Path files) {
    this(server, files, null);
  }

  /**
   * The account of the pod with these variables.
   *
   * @throws IOException if this is no pod; the message has the remedy
   */
  public static PodAccount of(Map<String, String> variables) throws IOException {
    return of(variables, FILES);
  }

  static PodAccount of(Map<String, String> variables, Path files) throws IOException {
    String host = variables.getOrDefault("KUBERNETES_SERVICE_HOST", "");
    String port = variables.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
    if (host.isEmpty()) {
      throw new IOException(
          "this is no pod (KUBERNETES_SERVICE_HOST is not set): --cluster is for a queue's pod, which"
              + " an operator makes; on one machine give KEY-FILE, and a loopback address");
    }
    String pod = variables.getOrDefault(POD_NAME, "");
    if (pod.isEmpty()) {
      throw new IOException(
          POD_NAME
              + " is not set: a queue's pod needs its own name there, from its metadata.name, as the"
              + " operator sets it");
    }
    String bracketed = host.contains(":") ? "[" + host + "]" : host;
    return new PodAccount(URI.create("https://" + bracketed + ":" + port), files, pod);
  }

  /**
   * The namespace that the pod is in.
   *
   * @throws IOException if it can't be read
   */
  public String namespace() throws IOException {
    return read("namespace");
  }

  /** Proof of who this is, which Kubernetes replaces from time to time. */
  String token() throws IOException {
    return read("token");
  }

  Path authorities() {
    return files.resolve("ca.crt");
  }

  private String read(String name) throws IOException {
    Path file = files.resolve(name);
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new IOException(
          file + " can't be read (" + e + "): the pod needs its ServiceAccount's token mounted", e);
    }
  }
}
