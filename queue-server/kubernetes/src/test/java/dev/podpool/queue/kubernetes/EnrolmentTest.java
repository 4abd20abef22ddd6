package dev.podpool.queue.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.testing.FakeApiServer;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class EnrolmentTest {

  private static final QueueNames NAMES = new QueueNames("q", "search", "q-queue-0");
  private static final Duration SHORT = Duration.ofMillis(20);
  private static final Enrolment.Pace PACE =
      new Enrolment.Pace(SHORT, SHORT, SHORT, Duration.ofMinutes(1));

  @TempDir private Path home;
  private Path file;
  private FakeApiServer cluster;
  private ApiServer api;
  private Enrolment enrolment;

  private final List<LogRecord> log = new CopyOnWriteArrayList<>();
  private final Logger logger = Logger.getLogger(Enrolment.class.getName());
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          log.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void start() throws Exception {
    logger.addHandler(handler);
    file = home.resolve("serving.pem");
    cluster = new FakeApiServer(home.resolve("account"));
    api = new ApiServer(new PodAccount(cluster.uri(), cluster.files()));
    enrolment = enrolment();
  }

  private Enrolment enrolment() {
    return new Enrolment(api, NAMES, file, PACE);
  }

  @AfterEach
  void stop() {
    enrolment.close();
    api.close();
    cluster.close();
    logger.removeHandler(handler);
  }

  private static void await(BooleanSupplier what) {
    while (!what.getAsBoolean()) {
      if (Thread.interrupted()) {
        throw new AssertionError("it did not come about in time");
      }
      Thread.onSpinWait();
    }
  }

  private X509Certificate served() {
    String alias = enrolment.identity().chooseEngineServerAlias("EC", null, null);
    return alias == null ? null : enrolment.identity().getCertificateChain(alias)[0];
  }

  @Test
  void itWaitsForItsCertificateAndKeepsItForItsOwnerOnly() throws Exception {
    cluster.signs = false;
    enrolment.start();
    await(() -> cluster.requests.size() == 1);
    assertThat(enrolment.lacking()).contains("no certificate yet");
    assertThat(served()).isNull();
    assertThat(file).doesNotExist();

    cluster.signs = true;
    await(() -> enrolment.lacking() == null);

    assertThat(served().getIssuerX500Principal().getName()).isEqualTo("CN=operator");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(cluster.requests).hasSize(1);
  }

  @Test
  void itAsksForItsNamesAndNothingElse() throws Exception {
    cluster.signs = false;
    enrolment.start();
    await(() -> cluster.requests.size() == 1);
    var spec = cluster.requests.values().iterator().next().path("spec");
    assertThat(spec.path("signerName").asText()).isEqualTo("podpool.dev/queue-serving");
    assertThat(spec.path("usages"))
        .extracting(usage -> usage.asText())
        .containsExactly("digital signature", "server auth", "client auth");
    String pem =
        new String(
            Base64.getDecoder().decode(spec.path("request").asText()), StandardCharsets.US_ASCII);
    var request = (PKCS10CertificationRequest) new PEMParser(new StringReader(pem)).readObject();
    assertThat(request.getSubject()).hasToString("CN=q-queue.search.svc");
    assertThat(request.getRequestedExtensions().toString()).isNotEmpty();
    assertThat(
            org.bouncycastle.asn1.x509.GeneralNames.fromExtensions(
                    request.getRequestedExtensions(),
                    org.bouncycastle.asn1.x509.Extension.subjectAlternativeName)
                .getNames())
        .extracting(name -> name.getName().toString())
        .containsExactly(
            "q-queue.search.svc", "q-queue.search", "q-queue", "q-queue-0.q-queue.search.svc");
  }

  @Test
  void aRenewalThatGoesWellIsNoWarning() {
    cluster.validity = Duration.ofSeconds(5);
    enrolment.start();
    await(() -> enrolment.lacking() == null);
    X509Certificate first = served();
    cluster.validity = Duration.ofHours(1);
    await(() -> !served().equals(first));

    assertThat(warnings()).isEmpty();
    assertThat(said(Level.INFO)).anyMatch(line -> line.contains("waits for its next certificate"));
  }

  @Test
  void aCertificateThatIsNotRenewedWhenItShouldHaveBeenIsAWarning() {
    enrolment.close();
    enrolment =
        new Enrolment(api, NAMES, file, new Enrolment.Pace(SHORT, SHORT, SHORT, Duration.ZERO));
    cluster.signs = false;
    enrolment.start();
    await(() -> !warnings().isEmpty());
    assertThat(warnings().getFirst()).contains("waits for its first certificate");
  }

  @Test
  void aDenialIsAWarningAtOnce() {
    cluster.denial = "its pod is gone";
    enrolment.start();
    await(() -> cluster.requests.size() >= 2);
    assertThat(warnings()).anyMatch(line -> line.contains("its pod is gone"));
  }

  private List<String> warnings() {
    return said(Level.WARNING);
  }

  private List<String> said(Level level) {
    return log.stream()
        .filter(line -> line.getLevel().equals(level))
        .map(line -> new SimpleFormatter().formatMessage(line))
        .toList();
  }

  @Test
  void itRestartsFromTheDiskWithoutAnybodyToAsk() {
    enrolment.start();
    await(() -> enrolment.lacking() == null);
    X509Certificate first = served();
    enrolment.close();
    cluster.isUp = false;

    enrolment = enrolment();

    assertThat(enrolment.lacking()).isNull();
    assertThat(served()).isEqualTo(first);
  }

  @Test
  void itRenewsWhenAThirdIsLeftAndShowsTheNewOneAtOnce() {
    cluster.validity = Duration.ofSeconds(5); // from a second ago: renewed three seconds from now
    enrolment.start();
    await(() -> enrolment.lacking() == null);
    X509Certificate first = served();
    cluster.validity = Duration.ofHours(1);

    await(() -> !served().equals(first));

    assertThat(first.getNotAfter()).isAfter(new java.util.Date());
    assertThat(enrolment.lacking()).isNull();
    assertThat(cluster.requests).hasSize(2);
  }

  @Test
  void afterADenialItAsksAgainWithAnotherRequest() {
    cluster.denial = "its pod is gone";
    enrolment.start();
    await(() -> cluster.requests.size() >= 2);
    assertThat(enrolment.lacking()).isNotNull();
    cluster.denial = "";
    await(() -> enrolment.lacking() == null);
  }

  @Test
  void aCertificateForOtherNamesIsNotTaken() {
    cluster.signedNames = List.of("q-queue.search.svc", "kubernetes.default.svc");
    enrolment.start();
    await(() -> cluster.requests.size() >= 2);
    assertThat(served()).isNull();
    assertThat(file).doesNotExist();
  }

  @Test
  void whatIsDamagedOnTheDiskIsReplaced() throws Exception {
    Files.writeString(file, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    enrolment = enrolment();
    assertThat(enrolment.lacking()).contains("no certificate yet");
    enrolment.start();
    await(() -> enrolment.lacking() == null);
    assertThat(Serving.read(file, NAMES).certificate()).isEqualTo(served());
  }
}
