package dev.podpool.queue.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * A request for a certificate, with the new key that it is for.
 *
 * @param name of the CertificateSigningRequest: new each time, as one that was denied stays so
 */
record SigningRequest(String name, KeyPair pair, String pem) {

  /** Whose certificates workers and clients of a queue trust. */
  static final String SIGNER = "podpool.dev/queue-serving";

  static SigningRequest of(QueueNames names) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair pair = generator.generateKeyPair();
      String name =
          "podpool-queue-%s-%s-%s"
              .formatted(
                  names.namespace(),
                  names.cluster(),
                  HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()));
      return new SigningRequest(name, pair, pem(pair, names));
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new IllegalStateException("this JDK makes no EC keys or signatures", e);
    }
  }

  private static String pem(KeyPair pair, QueueNames names)
      throws IOException, OperatorCreationException {
    var extensions = new ExtensionsGenerator();
    extensions.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(
            names.dns().stream()
                .map(name -> new GeneralName(GeneralName.dNSName, name))
                .toArray(GeneralName[]::new)));
    var request =
        new JcaPKCS10CertificationRequestBuilder(
                new X500NameBuilder(BCStyle.INSTANCE)
                    .addRDN(BCStyle.CN, names.dns().get(0))
                    .build(),
                pair.getPublic())
            .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
    return Serving.pem("CERTIFICATE REQUEST", request.getEncoded());
  }

  /** As the API server takes it. */
  ObjectNode object() {
    ObjectNode object =
        ApiServer.JSON
            .createObjectNode()
            .put("apiVersion", "certificates.k8s.io/v1")
            .put("kind", "CertificateSigningRequest");
    object.putObject("metadata").put("name", name);
    ObjectNode spec = object.putObject("spec");
    spec.put("signerName", SIGNER);
    spec.put(
        "request", Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII)));
    spec.putArray("usages").add("digital signature").add("server auth").add("client auth");
    return object;
  }
}
