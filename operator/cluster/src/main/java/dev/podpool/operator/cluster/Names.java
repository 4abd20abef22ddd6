package dev.podpool.operator.cluster;

import java.util.Map;

/** What the operator's objects are marked with. Anybody's to read, nobody's else to set. */
final class Names {

  /** Who applies, in {@code managedFields}. */
  static final String FIELD_MANAGER = "podpool-operator";

  /** Label of a worker's pod and of a pool's anchor: the pool's name. */
  static final String POOL = "podpool.dev/pool";

  /** Label of what a queue is made of: the queue's name. */
  static final String QUEUE = "podpool.dev/queue";

  /** Label of a process's pod: the WorkerProcess's name. */
  static final String PROCESS = "podpool.dev/process";

  /** Label of a worker's pod: its place. */
  static final String ORDINAL = "podpool.dev/ordinal";

  /** Annotation of a worker's pod: hash of what it was made from. */
  static final String TEMPLATE = "podpool.dev/template";

  /** Annotation of a worker's pod: since when it is to get no work, as RFC 3339. */
  static final String CORDONED_AT = "podpool.dev/cordoned-at";

  /** Finalizer of a pool that is joined before it goes. */
  static final String JOIN = "podpool.dev/join";

  /** Finalizer of a process, which the queue ends before it goes. */
  static final String TERMINATE = "podpool.dev/terminate";

  /** Annotation of what a queue is made of: hash of what was applied. */
  static final String APPLIED = "podpool.dev/applied";

  /** Annotation of what a queue's clients mount: since when it is as it is, as RFC 3339. */
  static final String PUBLISHED_AT = "podpool.dev/published-at";

  /** Label of a namespace whose pods may read metrics: {@code true}. */
  static final String SCRAPES = "podpool.dev/scrapes";

  private Names() {}

  /**
   * Labels of whatever is part of {@code of}.
   *
   * @param kind {@link #POOL}, {@link #PROCESS} or {@link #QUEUE}
   */
  static Map<String, String> labels(String kind, String of, String component) {
    return Map.of(
        kind,
        of,
        "app.kubernetes.io/name",
        "podpool",
        "app.kubernetes.io/component",
        component,
        "app.kubernetes.io/managed-by",
        FIELD_MANAGER);
  }
}
