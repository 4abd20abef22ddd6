package dev.podpool.operator.cluster;

import dev.podpool.crd.QueueCluster;
import dev.podpool.crd.WorkerPool;
import dev.podpool.rpc.Endpoint;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** The operator's link to each queue, from when a pool needs it, or the queue is there. */
final class QueueLinks implements PoolQueue.All {

  private static final System.Logger LOG = System.getLogger(QueueLinks.class.getName());

  private final KubernetesClient client;
  private final Function<QueueCluster, Endpoint.Source> sources;
  private final QueueNews news;
  private final Map<ResourceID, Link> links = new ConcurrentHashMap<>();

  private record Link(String uid, QueueLink link) {}

  /**
   * Has no link yet.
   *
   * @param sources tells where a queue is
   * @param news takes what should be looked at
   */
  QueueLinks(
      KubernetesClient client, Function<QueueCluster, Endpoint.Source> sources, QueueNews news) {
    this.client = client;
    this.sources = sources;
    this.news = news;
  }

  @Override
  public PoolQueue of(QueueCluster queue) {
    return links
        .compute(
            ResourceID.fromResource(queue),
            (id, before) -> {
              String uid = queue.getMetadata().getUid();
              if (before != null && before.uid().equals(uid)) {
                return before;
              }
              if (before != null) {
                before.link().close();
              }
              return new Link(uid, open(queue));
            })
        .link();
  }

  private QueueLink open(QueueCluster queue) {
    String namespace = queue.getMetadata().getNamespace();
    ResourceID id = ResourceID.fromResource(queue);
    return new QueueLink(
        sources.apply(queue),
        pool -> news.ofPool(namespace, pool),
        process -> news.ofProcess(queue, process),
        (pool, uid) ->
            Thread.ofVirtual()
                .name("podpool-leftover-" + pool)
                .start(() -> deleteIfGone(id, pool, uid)));
  }

  /** A pool whose deletion nobody saw, as no operator ran, is still in its queue. */
  private void deleteIfGone(ResourceID queue, String pool, String uid) {
    String namespace = queue.getNamespace().orElseThrow();
    try {
      Link link = links.get(queue);
      if (link != null && isGone(namespace, pool, uid)) {
        link.link().delete(pool, uid);
      }
    } catch (KubernetesClientException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "whether pool {0} in {1} is still wanted can''t be told ({2}); it stays in its queue"
              + " until the next connection",
          pool,
          namespace,
          e.getMessage());
    }
  }

  /** Whether there is no WorkerPool with that name and uid. */
  boolean isGone(String namespace, String pool, String uid) {
    WorkerPool there =
        client.resources(WorkerPool.class).inNamespace(namespace).withName(pool).get();
    return there == null || !there.getMetadata().getUid().equals(uid);
  }

  @Override
  public void close(QueueCluster queue) {
    links.computeIfPresent(
        ResourceID.fromResource(queue),
        (id, link) -> {
          if (!link.uid().equals(queue.getMetadata().getUid())) {
            return link;
          }
          link.link().close();
          return null;
        });
  }

  @Override
  public void close() {
    links.values().forEach(link -> link.link().close());
    links.clear();
  }
}
