package dev.podpool.operator.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestCondition;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestSpec;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Signs the certificates that queues ask for, and denies all others of this signer. It has nobody's
 * word but the API server's: who asks, from which pod, and that there is such a queue.
 */
@ControllerConfiguration(
    name = SigningReconciler.NAME,
    // These have no generation.
    generationAwareEventProcessing = false,
    informer =
        @Informer(
            fieldSelector = @Field(path = "spec.signerName", value = SigningReconciler.SIGNER)))
public final class SigningReconciler implements Reconciler<CertificateSigningRequest> {

  static final String NAME = "certificates";

  /** Whose requests these are. */
  static final String SIGNER = "podpool.dev/queue-serving";

  private static final System.Logger LOG = System.getLogger(SigningReconciler.class.getName());
  private static final Set<String> USAGES =
      Set.of("digital signature", "server auth", "client auth");
  private static final String POD_NAME = "authentication.kubernetes.io/pod-name";
  private static final String POD_UID = "authentication.kubernetes.io/pod-uid";
  private static final String APPROVED = "Approved";
  private static final String DENIED = "Denied";
  private static final String FAILED = "Failed";

  private final PoolTools tools;
  private final CaStore ca;
  private final Set<String> namespaces;

  /**
   * @param namespaces whose requests are looked at; empty for all
   */
  SigningReconciler(PoolTools tools, CaStore ca, Set<String> namespaces) {
    this.tools = tools;
    this.ca = ca;
    this.namespaces = namespaces;
  }

  /**
   * What becomes of a request.
   *
   * @param granted with its names in the order of ours; null if it is refused
   */
  private record Verdict(String reason, String words, @Nullable ServingRequest granted) {

    static Verdict refused(String reason, String words) {
      return new Verdict(reason, words, null);
    }
  }

  @Override
  public UpdateControl<CertificateSigningRequest> reconcile(
      CertificateSigningRequest request, Context<CertificateSigningRequest> context) {
    if (!isOpen(request)) {
      return UpdateControl.noUpdate();
    }
    QueueAccount account = QueueAccount.of(request.getSpec().getUsername());
    if (account != null && !namespaces.isEmpty() && !namespaces.contains(account.namespace())) {
      return UpdateControl.noUpdate(); // another operator's
    }
    Verdict verdict = verdict(account, request.getSpec());
    if (account == null || verdict.granted() == null) {
      refuse(request, verdict);
    } else {
      String certificate = certificate(account, verdict.granted());
      boolean isApproved = has(request, APPROVED);
      tools
          .calls()
          .certify(
              isApproved ? request : tools.calls().approve(request, condition(APPROVED, verdict)),
              certificate);
    }
    return UpdateControl.noUpdate();
  }

  private static boolean isOpen(CertificateSigningRequest request) {
    return request.getSpec().getSignerName().equals(SIGNER)
        && !request.isMarkedForDeletion()
        && !has(request, DENIED)
        && !has(request, FAILED)
        && (request.getStatus() == null
            || request.getStatus().getCertificate() == null
            || request.getStatus().getCertificate().isEmpty());
  }

  private static boolean has(CertificateSigningRequest request, String type) {
    return request.getStatus() != null
        && PodTemplate.given(request.getStatus().getConditions()).stream()
            .anyMatch(condition -> condition.getType().equals(type));
  }

  // ---- what is asked

  private Verdict verdict(@Nullable QueueAccount account, CertificateSigningRequestSpec spec) {
    if (account == null) {
      return Verdict.refused(
          "NotAQueue",
          "%s is no ServiceAccount of a queue: only system:serviceaccount:NAMESPACE:QUEUE-queue is"
                  .formatted(spec.getUsername())
              + " given such a certificate");
    }
    if (tools.calls().findQueue(account.namespace(), account.queue()) == null) {
      return Verdict.refused(
          "NoSuchQueue",
          "there is no QueueCluster %s in %s".formatted(account.queue(), account.namespace()));
    }
    String notItsPod = notItsPod(account, spec);
    if (notItsPod != null) {
      return Verdict.refused("NotItsPod", notItsPod);
    }
    if (!USAGES.equals(Set.copyOf(PodTemplate.given(spec.getUsages())))) {
      return Verdict.refused(
          "WrongUsages",
          "usages are %s: ask for exactly %s"
              .formatted(
                  new TreeSet<>(PodTemplate.given(spec.getUsages())), new TreeSet<>(USAGES)));
    }
    ServingRequest asked;
    try {
      asked = ServingRequest.read(spec.getRequest());
    } catch (IllegalArgumentException e) {
      return Verdict.refused("Unreadable", "the request can't be read: " + e.getMessage());
    }
    if (!asked.onP256()) {
      return Verdict.refused(
          "WrongKey",
          "the key is one of %s, and not of EC P-256".formatted(asked.key().getAlgorithm()));
    }
    List<String> names = account.serverNames(String.valueOf(only(spec, POD_NAME)));
    if (asked.names().size() != names.size()
        || !Set.copyOf(asked.names()).equals(Set.copyOf(names))) {
      return Verdict.refused(
          "WrongNames", "names are %s: ask for exactly %s".formatted(asked.names(), names));
    }
    return new Verdict(
        "QueueServing",
        "pod %s of queue %s in %s"
            .formatted(only(spec, POD_NAME), account.queue(), account.namespace()),
        new ServingRequest(asked.key(), asked.onP256(), names));
  }

  /** Why whoever asks is not a pod of that queue; null if it is one. */
  private @Nullable String notItsPod(QueueAccount account, CertificateSigningRequestSpec spec) {
    String name = only(spec, POD_NAME);
    String uid = only(spec, POD_UID);
    if (name == null || uid == null) {
      return "the token is bound to no pod: ask with the one that is mounted in the queue's pod";
    }
    Pod pod = tools.calls().find(account.namespace(), name);
    if (pod == null || !pod.getMetadata().getUid().equals(uid)) {
      return "there is no pod %s with uid %s in %s".formatted(name, uid, account.namespace());
    }
    if (!account.isPod(name)) {
      return "pod %s is none of queue %s: those are named %s-N"
          .formatted(name, account.queue(), QueueNames.object(account.queue()));
    }
    Map<String, String> labels = pod.getMetadata().getLabels();
    return labels != null && labels.entrySet().containsAll(account.selector().entrySet())
        ? null
        : "pod %s is none of queue %s: it lacks the labels %s"
            .formatted(name, account.queue(), account.selector());
  }

  private static @Nullable String only(CertificateSigningRequestSpec spec, String extra) {
    List<String> values = spec.getExtra() == null ? null : spec.getExtra().get(extra);
    return values == null || values.size() != 1 ? null : values.getFirst();
  }

  // ---- what it gets

  private void refuse(CertificateSigningRequest request, Verdict verdict) {
    LOG.log(
        System.Logger.Level.WARNING,
        "no certificate for {0} of {1}: {2}",
        request.getMetadata().getName(),
        request.getSpec().getUsername(),
        verdict.words());
    if (has(request, APPROVED)) {
      // By a person: what is approved can't be denied.
      tools.calls().fail(request, condition(FAILED, verdict));
    } else {
      tools.calls().deny(request, condition(DENIED, verdict));
    }
  }

  private String certificate(QueueAccount queue, ServingRequest asked) {
    Instant now = tools.clock().instant();
    Authorities authorities = ca.authorities();
    Instant published =
        AccessObjects.publishedSince(
            tools.calls().findConfigMap(queue.namespace(), QueueNames.access(queue.queue())),
            authorities.newest());
    return authorities.signer(now, published).sign(asked.key(), asked.names(), now);
  }

  private static CertificateSigningRequestCondition condition(String type, Verdict verdict) {
    var condition = new CertificateSigningRequestCondition();
    condition.setType(type);
    condition.setStatus("True");
    condition.setReason(verdict.reason());
    condition.setMessage(verdict.words());
    return condition;
  }
}
