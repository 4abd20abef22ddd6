package dev.podpool.queue.kubernetes;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A private key and the certificate for it, in one file, so that they can't be of different times.
 *
 * @param chain the certificate first
 */
record Serving(PrivateKey key, List<X509Certificate> chain) {

  private static final int DNS_NAME = 2; // GeneralName's tag, RFC 5280
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----");

  /**
   * {@code key} with the certificates in {@code pem}.
   *
   * @throws GeneralSecurityException if they are none, or not for that key and those names
   */
  static Serving of(PrivateKey key, String pem, QueueNames names) throws GeneralSecurityException {
    List<X509Certificate> chain = new ArrayList<>();
    for (var each :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))) {
      chain.add((X509Certificate) each);
    }
    if (chain.isEmpty()) {
      throw new CertificateException("there is no certificate");
    }
    Serving serving = new Serving(key, List.copyOf(chain));
    serving.check(names);
    return serving;
  }

  private void check(QueueNames names) throws GeneralSecurityException {
    Set<String> given = new HashSet<>();
    Collection<List<?>> alternatives = certificate().getSubjectAlternativeNames();
    for (List<?> each : alternatives == null ? List.<List<?>>of() : alternatives) {
      given.add(each.get(0).equals(DNS_NAME) ? (String) each.get(1) : "not a DNS name");
    }
    if (!given.equals(Set.copyOf(names.dns()))) {
      throw new CertificateException("it is for " + given + ", and not for " + names.dns());
    }
    byte[] probe = {1};
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(key);
    signature.update(probe);
    byte[] signed = signature.sign();
    signature.initVerify(certificate().getPublicKey());
    signature.update(probe);
    if (!signature.verify(signed)) {
      throw new CertificateException("it is for another key");
    }
  }

  X509Certificate certificate() {
    return chain.get(0);
  }

  boolean isValidAt(Instant now) {
    return now.isBefore(certificate().getNotAfter().toInstant())
        && !now.isBefore(certificate().getNotBefore().toInstant());
  }

  /** When a third of its time is left. */
  Instant renewal() {
    Instant from = certificate().getNotBefore().toInstant();
    long seconds = certificate().getNotAfter().toInstant().getEpochSecond() - from.getEpochSecond();
    return from.plusSeconds(seconds * 2 / 3);
  }

  // ---- on the disk

  /**
   * What {@link #write} has left in {@code file}.
   *
   * @throws IOException if it can't be read
   * @throws GeneralSecurityException if it is not what was written, or is for other names
   */
  static Serving read(Path file, QueueNames names) throws IOException, GeneralSecurityException {
    String pem = Files.readString(file);
    Matcher key = KEY.matcher(pem);
    if (!key.find()) {
      throw new CertificateException("there is no private key");
    }
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(key.group(1));
      return of(
          KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded)),
          pem.substring(key.end()),
          names);
    } catch (IllegalArgumentException e) {
      throw new CertificateException("the private key is damaged", e);
    }
  }

  /** Into {@code file}, for its owner only; what was there before stays until this is there. */
  void write(Path file) throws IOException, GeneralSecurityException {
    StringBuilder pem = new StringBuilder(pem("PRIVATE KEY", key.getEncoded()));
    for (X509Certificate each : chain) {
      pem.append(pem("CERTIFICATE", each.getEncoded()));
    }
    Path written = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(written);
    Files.createFile(
        written,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(written, pem);
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
  }

  static String pem(String what, byte[] encoded) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
    return "-----BEGIN " + what + "-----\n" + body + "\n-----END " + what + "-----\n";
  }
}
