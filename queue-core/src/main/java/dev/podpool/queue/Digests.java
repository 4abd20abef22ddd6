package dev.podpool.queue;

import com.google.protobuf.ByteString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256, which every Java platform has. */
final class Digests {

  private Digests() {}

  static ByteString sha256(ByteString... parts) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("a Java platform without SHA-256", e);
    }
    for (ByteString part : parts) {
      part.asReadOnlyByteBufferList().forEach(digest::update);
    }
    return ByteString.copyFrom(digest.digest());
  }
}
