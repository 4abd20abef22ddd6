package dev.podpool.queue.kubernetes;

import dev.podpool.queue.front.Authenticator;
import java.io.IOException;
import java.nio.file.Path;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** Access to one queue of a cluster: who may come in, and the certificate that they know it by. */
public final class ClusterAccess implements AutoCloseable {

  private static final String SERVING = "serving.pem";

  private final QueueNames names;
  private final ApiServer api;
  private final Enrolment enrolment;
  private final TokenAuthenticator authenticator;

  /**
   * Reads what is there, and asks nobody anything.
   *
   * @param cluster name of the QueueCluster
   * @param account of the queue's pod
   * @param directory keeps the key and the certificate
   * @throws IOException if the account's files can't be read, or its pod is none of that queue's
   */
  public ClusterAccess(String cluster, PodAccount account, Path directory) throws IOException {
    this(cluster, account, directory, Enrolment.Pace.USUAL);
  }

  ClusterAccess(String cluster, PodAccount account, Path directory, Enrolment.Pace pace)
      throws IOException {
    String pod = account.pod() == null ? cluster + "-queue-0" : account.pod();
    names = QueueNames.of(cluster, account.namespace(), pod);
    api = new ApiServer(account);
    enrolment = new Enrolment(api, names, directory.resolve(SERVING), pace);
    authenticator = new TokenAuthenticator(new Reviews(api, names.namespace()), System::nanoTime);
  }

  /**
   * Sees to it that there is a certificate, from now on. Once, when the directory is this one's.
   */
  public void start() {
    enrolment.start();
  }

  /** Name of this pod: {@code CLUSTER-queue-N}. */
  public String podName() {
    return names.pod();
  }

  /** The namespace that it is in. */
  public String namespace() {
    return names.namespace();
  }

  /** Tells who calls, by TokenReview and SubjectAccessReview. */
  public Authenticator authenticator() {
    return authenticator;
  }

  /**
   * What the queue shows in handshakes, as their server and as their client; nothing until there is
   * a certificate.
   */
  public X509ExtendedKeyManager identity() {
    return enrolment.identity();
  }

  /** Why nobody can connect, for people; null where all is well. */
  public @Nullable String lacking() {
    return enrolment.lacking();
  }

  @Override
  public void close() {
    enrolment.close();
    api.close();
  }
}
