package dev.podpool.testing;

import java.io.StringReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.jspecify.annotations.Nullable;

/** Signs certificates, as the operator does, and a cluster for its API server. */
public final class Authority {

  private static final AtomicLong SERIALS = new AtomicLong(1);

  private final KeyPair pair;
  private final X509Certificate certificate;

  /** A new one of that name. */
  public Authority(String name) throws Exception {
    pair = pair();
    certificate =
        sign(
            new X500Name("CN=" + name),
            new X500Name("CN=" + name),
            pair.getPublic(),
            null,
            Duration.ofHours(1));
  }

  /** A new key, EC P-256. */
  public static KeyPair pair() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  /** Its own, for whoever shall trust it. */
  public X509Certificate certificate() {
    return certificate;
  }

  /** In PEM, for whoever shall trust it. */
  public String pem() throws Exception {
    return pem(certificate.getEncoded());
  }

  private static String pem(byte[] certificate) {
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder().encodeToString(certificate)
        + "\n-----END CERTIFICATE-----\n";
  }

  /** A certificate for {@code key} and exactly these names. */
  public X509Certificate sign(PublicKey key, GeneralName[] names, Duration valid) throws Exception {
    return sign(
        X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()),
        new X500Name("CN=of-tests"),
        key,
        new GeneralNames(names),
        valid);
  }

  private X509Certificate sign(
      X500Name issuer,
      X500Name subject,
      PublicKey key,
      @Nullable GeneralNames names,
      Duration valid)
      throws Exception {
    var builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            BigInteger.valueOf(SERIALS.getAndIncrement()),
            Date.from(Instant.now().minusSeconds(1)),
            Date.from(Instant.now().plus(valid)),
            subject,
            key);
    if (names == null) {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
    } else {
      builder.addExtension(Extension.subjectAlternativeName, false, names);
    }
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
  }

  /** What status.certificate of a CertificateSigningRequest with that spec.request says. */
  public String signed(String requestInBase64, List<String> names, Duration valid)
      throws Exception {
    String pem = new String(Base64.getDecoder().decode(requestInBase64), StandardCharsets.US_ASCII);
    var request =
        new JcaPKCS10CertificationRequest(
            (PKCS10CertificationRequest) new PEMParser(new StringReader(pem)).readObject());
    X509Certificate signed =
        sign(
            request.getPublicKey(),
            names.stream()
                .map(name -> new GeneralName(GeneralName.dNSName, name))
                .toArray(GeneralName[]::new),
            valid);
    return Base64.getEncoder()
        .encodeToString(pem(signed.getEncoded()).getBytes(StandardCharsets.US_ASCII));
  }
}
