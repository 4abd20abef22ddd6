package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.rpc.AccessDirectory;
import dev.podpool.rpc.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where queues serve, what the operator shows them, and how it knows that they are theirs. */
final class QueueEndpoints {

  private final CaStore ca;
  private final Path tokenFile;

  /**
   * @param tokenFile holds the operator's token for queues, and changes
   */
  QueueEndpoints(CaStore ca, Path tokenFile) {
    this.ca = ca;
    this.tokenFile = tokenFile;
  }

  /** Of {@code queue}, with the token and the authorities of the moment; only for who leads. */
  Endpoint.Source of(QueueCluster queue) {
    String host =
        QueueNames.host(queue.getMetadata().getNamespace(), queue.getMetadata().getName());
    ca.authorities(); // here it may wait; who connects must not
    return () -> new Endpoint(host, QueueNames.PORT, token(), new Endpoint.Trust(trust(), null));
  }

  private String trust() throws IOException {
    Authorities known = ca.known();
    if (known == null) {
      throw new IOException("no certificate authority is known yet");
    }
    return known.bundle();
  }

  /**
   * What the operator shows queues.
   *
   * @throws IOException if it can't be read; the message says what to do
   */
  String token() throws IOException {
    try {
      return Files.readString(tokenFile).strip();
    } catch (IOException e) {
      throw new IOException(
          "the token in %s can't be read (%s): mount a projected token of audience %s there"
              .formatted(tokenFile, e, AccessDirectory.AUDIENCE),
          e);
    }
  }
}
