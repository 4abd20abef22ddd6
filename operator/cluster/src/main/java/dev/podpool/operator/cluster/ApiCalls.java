package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.WorkerPool;
import dev.podpool.crd.WorkerProcess;
import dev.podpool.operator.plan.Worker;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestCondition;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * All that the operator changes with the API server, each in one request. Whatever is deleted or
 * patched is named with its uid or version: what a cache still shows may be another of the same
 * name by now.
 */
final class ApiCalls {

  /** When a status that was not written is tried again. */
  static final Duration UNWRITTEN = Duration.ofSeconds(1);

  private final KubernetesClient client;

  ApiCalls(KubernetesClient client) {
    this.client = client;
  }

  // ---- pods

  /**
   * Makes {@code pod}.
   *
   * @throws KubernetesClientException with code 409 where there is one of its name
   */
  Pod create(Pod pod) {
    return client.resource(pod).create();
  }

  @Nullable Pod find(String namespace, String pod) {
    return client.pods().inNamespace(namespace).withName(pod).get();
  }

  /** Says on {@code pod} since when it is cordoned; null: it is not. Returns it as it is then. */
  Pod cordoned(Pod pod, @Nullable String since) {
    Pod applied =
        new PodBuilder()
            .withNewMetadata()
            .withName(pod.getMetadata().getName())
            .withNamespace(pod.getMetadata().getNamespace())
            .withUid(pod.getMetadata().getUid())
            .endMetadata()
            .build();
    if (since != null) {
      applied.getMetadata().setAnnotations(Map.of(Names.CORDONED_AT, since));
    }
    return client.resource(applied).patch(applying());
  }

  /** Gives {@code pod} to {@code owner} alone. Returns it as it is then. */
  Pod give(Pod pod, OwnerReference owner) {
    return client
        .resource(pod)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            Serialization.asJson(
                Map.of(
                    "metadata",
                    Map.of(
                        "resourceVersion",
                        pod.getMetadata().getResourceVersion(),
                        "ownerReferences",
                        List.of(owner)))));
  }

  /**
   * Deletes exactly {@code object}; nothing if it is gone, or another has its name.
   *
   * @param graceSeconds how long a pod may take to end; null for as long as it asks for
   */
  void delete(HasMetadata object, @Nullable Long graceSeconds) {
    var options =
        new DeleteOptionsBuilder()
            .withGracePeriodSeconds(graceSeconds)
            .withPropagationPolicy("Background")
            .withNewPreconditions()
            .withUid(object.getMetadata().getUid())
            .endPreconditions()
            .build();
    try {
      client.raw(path(object), "DELETE", options);
    } catch (KubernetesClientException e) {
      throwUnlessGone(e);
    }
  }

  /** It is, or another has its name and not its uid. */
  private static void throwUnlessGone(KubernetesClientException e) {
    if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND
        && e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
      throw e;
    }
  }

  private static String path(HasMetadata object) {
    String version = object.getApiVersion();
    return "/%s/namespaces/%s/%s/%s"
        .formatted(
            version.contains("/") ? "apis/" + version : "api/" + version,
            object.getMetadata().getNamespace(),
            object.getPlural(),
            object.getMetadata().getName());
  }

  // ---- a queue's

  /** Makes {@code object}, unless there is one of its name. */
  void createIfAbsent(HasMetadata object) {
    try {
      client.resource(object).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
  }

  /** Has {@code object} be there as it says, whoever has changed it. */
  void apply(HasMetadata object) {
    client.resource(object).patch(applying());
  }

  @Nullable QueueCluster findQueue(String namespace, String name) {
    return client.resources(QueueCluster.class).inNamespace(namespace).withName(name).get();
  }

  /** Of all queues there are, or were. */
  List<ClusterRoleBinding> bindings() {
    return client
        .rbac()
        .clusterRoleBindings()
        .withLabelSelector(AccessObjects.SELECTOR)
        .list()
        .getItems();
  }

  /** By its name: another of that name would be the same, and is made again where it is missed. */
  void deleteBinding(String name) {
    client.rbac().clusterRoleBindings().withName(name).delete();
  }

  // ---- certificates

  @Nullable Secret findSecret(String namespace, String name) {
    return client.secrets().inNamespace(namespace).withName(name).get();
  }

  /**
   * Makes {@code secret} unless there is one of its name with other data. Whether it was made.
   *
   * <p>A role can't allow to create an object of one name alone; applying it can be allowed so. By
   * who applies, whom it has never met before, the API server knows that what it would change is
   * another's, and refuses.
   */
  boolean createIfAbsent(Secret secret) {
    var context =
        new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(Names.FIELD_MANAGER + "-" + UUID.randomUUID())
            .withForce(false)
            .build();
    return isWritten(() -> client.resource(secret).patch(context));
  }

  /**
   * Has exactly {@code secret} hold {@code data}, unless it has changed. Whether it was written.
   */
  boolean replaceData(Secret secret, Map<String, String> data) {
    Map<String, @Nullable String> changes = new TreeMap<>(data);
    secret.getData().keySet().forEach(key -> changes.putIfAbsent(key, null)); // takes it away
    var metadata = Map.of("resourceVersion", secret.getMetadata().getResourceVersion());
    return isWritten(
        () ->
            client
                .resource(secret)
                .patch(
                    PatchContext.of(PatchType.JSON_MERGE),
                    Serialization.asJson(Map.of("metadata", metadata, "data", changes))));
  }

  private static boolean isWritten(Runnable write) {
    try {
      write.run();
      return true;
    } catch (KubernetesClientException e) {
      throwUnlessGone(e);
      return false;
    }
  }

  /** Returns {@code request} as it is then. */
  CertificateSigningRequest approve(
      CertificateSigningRequest request, CertificateSigningRequestCondition why) {
    return client.resource(with(request, why)).subresource("approval").update();
  }

  void deny(CertificateSigningRequest request, CertificateSigningRequestCondition why) {
    client.resource(with(request, why)).subresource("approval").update();
  }

  /** Says of an approved request that it gets no certificate. */
  void fail(CertificateSigningRequest request, CertificateSigningRequestCondition why) {
    client.resource(with(request, why)).updateStatus();
  }

  private static CertificateSigningRequest with(
      CertificateSigningRequest request, CertificateSigningRequestCondition condition) {
    return new CertificateSigningRequestBuilder(request)
        .editOrNewStatus()
        .addToConditions(condition)
        .endStatus()
        .build();
  }

  /** Gives an approved request its {@code certificate}, which is PEM. */
  void certify(CertificateSigningRequest request, String certificate) {
    client
        .resource(
            new CertificateSigningRequestBuilder(request)
                .editOrNewStatus()
                .withCertificate(
                    Base64.getEncoder()
                        .encodeToString(certificate.getBytes(StandardCharsets.US_ASCII)))
                .endStatus()
                .build())
        .updateStatus();
  }

  // ---- a pool's own

  ConfigMap createAnchor(ConfigMap anchor) {
    return client.resource(anchor).create();
  }

  @Nullable ConfigMap findConfigMap(String namespace, String name) {
    return client.configMaps().inNamespace(namespace).withName(name).get();
  }

  @Nullable StatefulSet findStatefulSet(String namespace, String name) {
    return client.apps().statefulSets().inNamespace(namespace).withName(name).get();
  }

  /** Has {@code pool} wait, when it is deleted, until it is let go. */
  void hold(WorkerPool pool) {
    List<String> held = pool.getMetadata().getFinalizers();
    patch(
        pool,
        held.isEmpty()
            ? List.of(
                test("/metadata/resourceVersion", pool.getMetadata().getResourceVersion()),
                Map.of("op", "add", "path", "/metadata/finalizers", "value", List.of(Names.JOIN)))
            : List.of(
                test("/metadata/uid", pool.getMetadata().getUid()),
                Map.of("op", "add", "path", "/metadata/finalizers/-", "value", Names.JOIN)));
  }

  /** Lets {@code pool} go. */
  void release(WorkerPool pool) {
    release(pool, Names.JOIN);
  }

  private void release(HasMetadata object, String finalizer) {
    int at = object.getMetadata().getFinalizers().indexOf(finalizer);
    patch(
        object,
        List.of(
            test("/metadata/uid", object.getMetadata().getUid()),
            test("/metadata/finalizers/" + at, finalizer),
            Map.of("op", "remove", "path", "/metadata/finalizers/" + at)));
  }

  private static Map<String, Object> test(String path, String value) {
    return Map.of("op", "test", "path", path, "value", value);
  }

  private void patch(HasMetadata object, List<Map<String, Object>> changes) {
    try {
      client.resource(object).patch(PatchContext.of(PatchType.JSON), Serialization.asJson(changes));
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e; // also what somebody else has changed meanwhile: it is looked at anew
      }
    }
  }

  // ---- processes

  /** Makes {@code process}, unless there is one of its name, which then is the same. */
  void project(WorkerProcess process) {
    createIfAbsent(process);
  }

  @Nullable WorkerProcess findProcess(String namespace, String name) {
    return client.resources(WorkerProcess.class).inNamespace(namespace).withName(name).get();
  }

  /** Lets {@code process} go. */
  void release(WorkerProcess process) {
    if (process.getMetadata().getFinalizers().contains(Names.TERMINATE)) {
      release(process, Names.TERMINATE);
    }
  }

  /**
   * Publishes {@code status}, all of it, of exactly {@code object}. Whether it was written: it is
   * not where that is gone, another has its name, or too many write at the same time.
   */
  boolean status(HasMetadata object, Object status) {
    var metadata = new LinkedHashMap<String, Object>();
    metadata.put("name", object.getMetadata().getName());
    metadata.put("namespace", object.getMetadata().getNamespace());
    metadata.put("uid", object.getMetadata().getUid());
    var applied = new LinkedHashMap<String, Object>();
    applied.put("apiVersion", object.getApiVersion());
    applied.put("kind", object.getKind());
    applied.put("metadata", metadata);
    applied.put("status", status);
    return isWritten(
        () ->
            client
                .resource(object)
                .subresource("status")
                .patch(applying(), Serialization.asJson(applied)));
  }

  /** Whether that namespace is on its way out, with all that is in it. */
  boolean isTerminating(String namespace) {
    Namespace found = client.namespaces().withName(namespace).get();
    return found == null || found.isMarkedForDeletion();
  }

  /**
   * Whether {@code refusal} is because the namespace, in which something was to be made, is on its
   * way out or gone: then what is not there is not missed either.
   */
  static boolean isForTermination(KubernetesClientException refusal) {
    StatusDetails details = refusal.getStatus() == null ? null : refusal.getStatus().getDetails();
    if (details == null) {
      return false;
    }
    return switch (refusal.getCode()) {
      case HttpURLConnection.HTTP_FORBIDDEN ->
          details.getCauses().stream()
              .anyMatch(cause -> "NamespaceTerminating".equals(cause.getReason()));
      case HttpURLConnection.HTTP_NOT_FOUND -> "namespaces".equals(details.getKind());
      default -> false;
    };
  }

  /** Why the API server does not take a pod, as what keeps that from running. */
  static Worker.Trouble refusal(KubernetesClientException e) {
    String message = e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage();
    String why = message == null ? "the API server says no more" : message;
    boolean isOverQuota =
        e.getCode() == HttpURLConnection.HTTP_FORBIDDEN && why.contains("exceeded quota");
    return new Worker.Trouble(
        isOverQuota ? "QuotaExceeded" : "PodRefused", "refused: " + Words.brief(why));
  }

  /** Lets that Lease go, if {@code identity} holds it: whoever waits for it takes it at once. */
  void releaseLease(String namespace, String name, String identity) {
    Lease lease = client.leases().inNamespace(namespace).withName(name).get();
    if (lease == null || !identity.equals(lease.getSpec().getHolderIdentity())) {
      return;
    }
    Map<String, @Nullable String> spec = new TreeMap<>();
    spec.put("holderIdentity", null);
    var metadata = Map.of("resourceVersion", lease.getMetadata().getResourceVersion());
    var _ =
        isWritten(
            () ->
                client
                    .resource(lease)
                    .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        Serialization.asJson(Map.of("metadata", metadata, "spec", spec))));
  }

  private static PatchContext applying() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(Names.FIELD_MANAGER)
        .withForce(true)
        .build();
  }
}
