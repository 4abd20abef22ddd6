package dev.podpool;

import org.jspecify.annotations.Nullable;

/**
 * Which queue of which cluster a client outside of it talks to: the dependency {@code
 * dev.podpool:podpool-client-kubernetes} finds it through the kubeconfig. Immutable; used with
 * {@link ConnectOptions#toCluster}.
 */
public final class ClusterOptions {

  private static final ClusterOptions DEFAULTS =
      new ClusterOptions(null, null, "default", "podpool-client");

  private final @Nullable String context;
  private final @Nullable String namespace;
  private final String queue;
  private final String serviceAccount;

  private ClusterOptions(
      @Nullable String context, @Nullable String namespace, String queue, String serviceAccount) {
    this.context = context;
    this.namespace = namespace;
    this.queue = queue;
    this.serviceAccount = serviceAccount;
  }

  /** The kubeconfig's current context and its namespace, and the queue of that named default. */
  public static ClusterOptions defaults() {
    return DEFAULTS;
  }

  /** Another context of the kubeconfig. */
  public ClusterOptions withContext(String value) {
    return new ClusterOptions(value, namespace, queue, serviceAccount);
  }

  /** Another namespace than that of the context. */
  public ClusterOptions withNamespace(String value) {
    return new ClusterOptions(context, value, queue, serviceAccount);
  }

  /** Another QueueCluster than {@code default}. */
  public ClusterOptions withQueue(String value) {
    return new ClusterOptions(context, namespace, value, serviceAccount);
  }

  /**
   * Whom the queue is called as: a ServiceAccount of the namespace, of which a token of one hour is
   * asked for. Defaults to {@code podpool-client}. It needs what it does bound to it: the
   * ClusterRole {@code podpool-submitter}, for example.
   */
  public ClusterOptions withServiceAccount(String value) {
    return new ClusterOptions(context, namespace, queue, value);
  }

  /** Null: the kubeconfig's current one. */
  public @Nullable String context() {
    return context;
  }

  /** Null: that of the context. */
  public @Nullable String namespace() {
    return namespace;
  }

  /** The QueueCluster's name. */
  public String queue() {
    return queue;
  }

  /** Whom the queue is called as. */
  public String serviceAccount() {
    return serviceAccount;
  }
}
