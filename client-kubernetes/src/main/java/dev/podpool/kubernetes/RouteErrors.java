package dev.podpool.kubernetes;

import dev.podpool.internal.RouteException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What keeps a client from a cluster's queue, in words: never those of the Kubernetes client, which
 * are for whoever debugs that.
 *
 * @param server the API server's address
 */
record RouteErrors(String server, String namespace, String queue, String serviceAccount) {

  /** What a caller needs in the queue's namespace. */
  static final List<Right> RIGHTS =
      List.of(
          new Right("get", "configmaps", ""),
          new Right("create", "serviceaccounts", "token"),
          new Right("list", "pods", ""),
          // A WebSocket is opened with GET, which the server takes for "get"; newer ones ask for
          // "create" too.
          new Right("get", "pods", "portforward"),
          new Right("create", "pods", "portforward"));

  private static final Pattern USER = Pattern.compile("[Uu]ser \"([^\"]+)\"");
  private static final String ACCOUNT = "system:serviceaccount:";

  /**
   * A right.
   *
   * @param subresource empty for none
   */
  record Right(String verb, String resource, String subresource) {
    @Override
    public String toString() {
      return verb + " " + resource + (subresource.isEmpty() ? "" : "/" + subresource);
    }
  }

  /** A call to the API server has failed. */
  RouteException of(KubernetesClientException e) {
    if (e.getCode() <= 0) {
      return unreachable(e); // nobody has answered
    }
    return switch (e.getCode()) {
      case HttpURLConnection.HTTP_UNAUTHORIZED ->
          new RouteException(
              "the API server at %s does not take the kubeconfig's credentials (401)"
                  .formatted(server),
              "Log in again, or take another context: kubectl auth whoami tells who you are",
              e);
      case HttpURLConnection.HTTP_FORBIDDEN -> forbidden(said(e), e);
      default ->
          new RouteException(
              "the API server at %s fails with %d (%s)".formatted(server, e.getCode(), said(e)),
              "Try again; kubectl get --raw /readyz tells how it is",
              e);
    };
  }

  private static String said(KubernetesClientException e) {
    String said = e.getStatus() == null ? null : e.getStatus().getMessage();
    return said == null || said.isEmpty() ? "it does not say why" : said;
  }

  /**
   * Something of what is needed is lacking: all of it is said, as who gets one right after the
   * other asks an administrator four times.
   *
   * @param what the server's own words
   */
  RouteException forbidden(String what, @Nullable Throwable cause) {
    Matcher user = USER.matcher(what);
    String name = user.find() ? user.group(1) : "";
    return new RouteException(
        "you lack rights in namespace %s of the cluster at %s (%s)"
            .formatted(namespace, server, what),
        "Who gets to a queue from outside needs there: %s. The ClusterRole edit has all of them:"
                .formatted(String.join(", ", RIGHTS.stream().map(Right::toString).toList()))
            + " have an administrator run kubectl -n "
            + namespace
            + " create rolebinding podpool-"
            + label(name)
            + " --clusterrole=edit "
            + subject(name),
        cause);
  }

  private static String label(String user) {
    String label = user.substring(user.lastIndexOf(':') + 1).toLowerCase(Locale.ROOT);
    label = label.replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    return label.isEmpty() ? "client" : label;
  }

  private static String subject(String user) {
    if (user.startsWith(ACCOUNT)) {
      return "--serviceaccount=" + user.substring(ACCOUNT.length());
    }
    return "--user=" + (user.isEmpty() ? "YOU" : user);
  }

  private RouteException unreachable(KubernetesClientException e) {
    return new RouteException(
        "the API server at %s can't be reached (%s)".formatted(server, why(e)),
        "See that the cluster runs, and that the kubeconfig's context is the one you mean: kubectl"
            + " cluster-info, kubectl config get-contexts",
        e);
  }

  private static String why(Throwable failure) {
    String last = "the connection failed";
    boolean isRefused = false;
    for (Throwable deep = failure.getCause(); deep != null; deep = deep.getCause()) {
      last = deep.toString();
      isRefused |= deep instanceof ConnectException;
      if (deep instanceof UnknownHostException || deep instanceof UnresolvedAddressException) {
        return "there is no host of that name";
      }
      if (deep instanceof HttpTimeoutException || deep instanceof TimeoutException) {
        return "no answer within " + KubeconfigRuntime.CALL_MILLIS_MAX / 1_000 + " s";
      }
      if (deep instanceof SSLException) {
        return "no TLS came about: " + deep.getMessage();
      }
    }
    return isRefused ? "nobody listens there, or a firewall is between" : last;
  }

  /** There is nobody to call the queue as. */
  RouteException noAccount(KubernetesClientException e) {
    return new RouteException(
        "there is no ServiceAccount '%s' in namespace %s of the cluster at %s to call the queue as"
            .formatted(serviceAccount, namespace, server),
        "Make it: kubectl -n %2$s create serviceaccount %1$s && kubectl -n %2$s create rolebinding %1$s --clusterrole=podpool-submitter --serviceaccount=%2$s:%1$s; or name another with --service-account"
            .formatted(serviceAccount, namespace),
        e);
  }

  /** The cluster knows no QueueClusters at all. */
  RouteException notInstalled() {
    return new RouteException(
        "Podpool is not installed on the cluster at " + server,
        "Install it (docs/install.md), or take another context: kubectl config get-contexts",
        null);
  }

  /**
   * The namespace has no such queue.
   *
   * @param others those it has; null: not known
   */
  RouteException noQueue(@Nullable List<String> others) {
    String have =
        others == null
            ? ""
            : others.isEmpty()
                ? ", nor any other"
                : "; there is " + String.join(", ", others) + ", which --queue can name";
    return new RouteException(
        "there is no queue '%s' in namespace %s of the cluster at %s%s"
            .formatted(queue, namespace, server, have),
        "Make one with a pool there: kubectl -n %s apply -f pool.yaml; or name the namespace that has it, -n NAMESPACE: kubectl get queueclusters -A"
            .formatted(namespace),
        null);
  }

  /** The queue is there, and does not serve; what it waits for is not always a matter of time. */
  RouteException pending(QueueStanding.Pending why) {
    return why.isDataLost()
        ? new RouteException(
            "queue %s of namespace %s, on the cluster at %s, has lost its data (%s)"
                .formatted(queue, namespace, server, why.words()),
            "Bring its volume back or restore a copy, or begin anew without what was in it (docs/operations.md): kubectl -n %s describe queueclusters/%s"
                .formatted(namespace, queue),
            null)
        : starting(why.words());
  }

  /** The queue is there, and does not serve yet. */
  RouteException starting(String words) {
    return RouteException.starting(
        "queue %s of namespace %s, on the cluster at %s, does not serve yet (%s)"
            .formatted(queue, namespace, server, words),
        "Wait for it: kubectl -n %1$s wait --for=condition=Ready queueclusters/%2$s --timeout=2m; what keeps it: kubectl -n %1$s describe queueclusters/%2$s && kubectl -n %1$s describe pods -l podpool.dev/queue=%2$s"
            .formatted(namespace, queue));
  }

  /** The forwarded port leads nowhere. */
  RouteException noForward(String pod, String why) {
    return new RouteException(
        "no port is forwarded to pod %s of namespace %s, by the API server at %s (%s)"
            .formatted(pod, namespace, server, why),
        "See the pod: kubectl -n %s describe pod/%s".formatted(namespace, pod),
        null);
  }
}
