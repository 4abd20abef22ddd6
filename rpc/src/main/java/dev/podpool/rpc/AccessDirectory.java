package dev.podpool.rpc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What opens a queue of a cluster, as a directory that a pod mounts: {@code endpoint} (host:port),
 * {@code ca.crt} (who may have signed the queue's certificate) and {@code token}. Kubernetes writes
 * all three anew when they change, so they are read anew each time.
 *
 * @param path of the directory
 */
public record AccessDirectory(Path path) implements Endpoint.Source {

  /** Names another directory than {@link #DEFAULT}. */
  public static final String VARIABLE = "PODPOOL_ACCESS";

  /** Where pods mount it. */
  public static final Path DEFAULT = Path.of("/var/run/podpool");

  /** Of the tokens that are shown to queues: one that is made for others is of no use to them. */
  public static final String AUDIENCE = "podpool.dev";

  /** The file that says where the queue is, and the key of the ConfigMap that it comes from. */
  public static final String ENDPOINT = "endpoint";

  /** The file, and the key, of those whose certificates are to be trusted. */
  public static final String AUTHORITIES = "ca.crt";

  /** The file of the token. */
  public static final String TOKEN = "token";

  private static final long FILE_BYTES_MAX = 1 << 20;

  /** Whether there is something to read. */
  public boolean isThere() {
    return Files.exists(endpoint());
  }

  private Path endpoint() {
    return path.resolve(ENDPOINT);
  }

  /**
   * The queue, with the newest token.
   *
   * @throws IOException if a file is missing, or is not what it should be; the message says which
   */
  @Override
  public Endpoint locate() throws IOException {
    String where = read(endpoint());
    HostPort at = HostPort.parse(where);
    if (at == null) {
      throw new IOException(
          "%s holds '%s', which is no host:port: mount ConfigMap QUEUE-queue-access there"
              .formatted(endpoint(), where));
    }
    return new Endpoint(
        at.host(),
        at.port(),
        read(path.resolve(TOKEN)),
        new Endpoint.Trust(read(path.resolve(AUTHORITIES)), null));
  }

  private static String read(Path file) throws IOException {
    try {
      long bytes = Files.size(file);
      if (bytes > FILE_BYTES_MAX) {
        throw new IOException(bytes + " bytes, at most " + FILE_BYTES_MAX);
      }
      String text = Files.readString(file).strip();
      if (text.isEmpty()) {
        throw new IOException("it is empty");
      }
      return text;
    } catch (IOException e) {
      throw new IOException(
          "%s can't be read (%s): a pod's volume must hold endpoint, ca.crt and token there"
              .formatted(file, e),
          e);
    }
  }
}
