package dev.podpool.operator.cluster;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

/**
 * What somebody wants a certificate for, in PKCS #10. Of all that may stand there only the key and
 * the names are read: whoever signs says the rest.
 *
 * @param key whose holder has signed this
 * @param onP256 whether it is one of the curve P-256
 * @param names each with its kind if it is none of DNS, as {@code 7:…}; in order
 */
record ServingRequest(PublicKey key, boolean onP256, List<String> names) {

  /**
   * Reads what a CertificateSigningRequest holds: PEM, in Base64.
   *
   * @throws IllegalArgumentException if it is no request, or not signed by its key
   */
  static ServingRequest read(String encoded) {
    try (PemReader reader =
        new PemReader(
            new StringReader(
                new String(Base64.getDecoder().decode(encoded), StandardCharsets.US_ASCII)))) {
      PemObject object = reader.readPemObject();
      if (object == null) {
        throw new IllegalArgumentException("no PEM");
      }
      var request = new JcaPKCS10CertificationRequest(object.getContent());
      PublicKey key = request.getPublicKey();
      if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
        throw new IllegalArgumentException("not signed by its own key");
      }
      return new ServingRequest(
          key, isP256(request.getSubjectPublicKeyInfo().getAlgorithm()), names(request));
    } catch (IOException
        | GeneralSecurityException
        | OperatorCreationException
        | PKCSException
        | RuntimeException e) { // the parser throws several, none of which it names
      throw new IllegalArgumentException(String.valueOf(e.getMessage()), e);
    }
  }

  private static boolean isP256(AlgorithmIdentifier algorithm) {
    return algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)
        && SECObjectIdentifiers.secp256r1.equals(algorithm.getParameters());
  }

  private static List<String> names(JcaPKCS10CertificationRequest request) {
    GeneralNames all =
        Arrays.stream(request.getAttributes(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest))
            .map(attribute -> Extensions.getInstance(attribute.getAttrValues().getObjectAt(0)))
            .map(each -> GeneralNames.fromExtensions(each, Extension.subjectAlternativeName))
            .filter(names -> names != null)
            .findFirst()
            .orElse(null);
    return all == null
        ? List.of()
        : Arrays.stream(all.getNames())
            .map(
                name ->
                    (name.getTagNo() == GeneralName.dNSName ? "" : name.getTagNo() + ":")
                        + name.getName())
            .toList();
  }
}
