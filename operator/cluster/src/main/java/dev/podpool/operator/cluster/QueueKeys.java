package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.rpc.Endpoint;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key of each queue, made from one key of the operator's: so the operator need not read any
 * Secret to know it. The same for a queue for as long as both exist.
 */
final class QueueKeys {

  /** Fewest bytes of the operator's key. */
  static final int BYTES_MIN = 32;

  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec secret;

  /**
   * @param secret the operator's key, at least {@value #BYTES_MIN} bytes
   */
  QueueKeys(byte[] secret) {
    if (secret.length < BYTES_MIN) {
      throw new IllegalArgumentException(
          "the operator's key has %d bytes: give at least %d random ones"
              .formatted(secret.length, BYTES_MIN));
    }
    this.secret = new SecretKeySpec(secret, ALGORITHM);
  }

  /** What opens {@code queue}: 64 hexadecimal digits. */
  String of(QueueCluster queue) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(secret);
      byte[] named = queue.getMetadata().getUid().getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(mac.doFinal(named));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }

  /** Where {@code queue} serves, with what opens it. */
  Endpoint.Source endpoint(QueueCluster queue) {
    var metadata = queue.getMetadata();
    Endpoint endpoint =
        new Endpoint(
            QueueNames.host(metadata.getNamespace(), metadata.getName()),
            QueueNames.PORT,
            of(queue));
    return () -> endpoint;
  }
}
