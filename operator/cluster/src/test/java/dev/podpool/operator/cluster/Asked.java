package dev.podpool.operator.cluster;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/**
 * What a queue asks a certificate for; null names are those of the queue that asks, as is all else
 * that is not given.
 */
record Asked(
    List<GeneralName> names,
    String algorithm,
    String curve,
    boolean othersKey,
    List<String> usages) {

  Asked() {
    this(
        null, "EC", "secp256r1", false, List.of("digital signature", "server auth", "client auth"));
  }

  Asked withNames(String... dns) {
    return withNames(
        Arrays.stream(dns)
            .map(name -> new GeneralName(GeneralName.dNSName, name))
            .toArray(GeneralName[]::new));
  }

  Asked withNames(GeneralName... all) {
    return new Asked(List.of(all), algorithm, curve, othersKey, usages);
  }

  Asked withKey(String ofAlgorithm, String onCurve) {
    return new Asked(names, ofAlgorithm, onCurve, othersKey, usages);
  }

  Asked signedByAnother() {
    return new Asked(names, algorithm, curve, true, usages);
  }

  Asked withUsages(String... all) {
    return new Asked(names, algorithm, curve, othersKey, List.of(all));
  }

  KeyPair makeKey() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    if (algorithm.equals("EC")) {
      generator.initialize(new ECGenParameterSpec(curve));
    } else {
      generator.initialize(2048);
    }
    return generator.generateKeyPair();
  }

  /** As a CertificateSigningRequest holds it. */
  String encoded(KeyPair pair)
      throws GeneralSecurityException, IOException, OperatorCreationException {
    var extensions = new ExtensionsGenerator();
    extensions.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(names.toArray(GeneralName[]::new)));
    PrivateKey signer = othersKey ? makeKey().getPrivate() : pair.getPrivate();
    byte[] request =
        new JcaPKCS10CertificationRequestBuilder(new X500Principal("CN=any"), pair.getPublic())
            .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
            .build(
                new JcaContentSignerBuilder(
                        "SHA256with" + (algorithm.equals("EC") ? "ECDSA" : algorithm))
                    .build(signer))
            .getEncoded();
    var pem = new StringWriter();
    try (PemWriter writer = new PemWriter(pem)) {
      writer.writeObject(new PemObject("CERTIFICATE REQUEST", request));
    }
    return Base64.getEncoder().encodeToString(pem.toString().getBytes(StandardCharsets.US_ASCII));
  }
}
