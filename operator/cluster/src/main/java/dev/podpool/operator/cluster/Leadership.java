package dev.podpool.operator.cluster;

import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import java.time.Duration;

/**
 * Which of several replicas reconciles: whoever holds a Lease.
 *
 * @param namespace of the Lease
 * @param identity of this replica; another for each
 * @param endsProcess whether a replica that no longer leads ends its process at once, as it may be
 *     in the middle of something
 * @param term how long a replica that does not answer still leads
 */
record Leadership(String namespace, String identity, boolean endsProcess, Duration term) {

  /** The Lease. */
  static final String LEASE = "podpool-operator";

  /** Of a process of its own. */
  static final Duration TERM = Duration.ofSeconds(15);

  /**
   * The SDK neither lets the Lease go, nor ends the process only where it must: both are the
   * operator's.
   *
   * @param whenLeading is run each time this replica begins to lead, and must not wait
   * @param whenNoLonger is run each time it no longer leads
   */
  LeaderElectionConfiguration configuration(Runnable whenLeading, Runnable whenNoLonger) {
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
        .withLeaseNamespace(namespace)
        .withIdentity(identity)
        .withLeaseDuration(term)
        .withRenewDeadline(term.multipliedBy(2).dividedBy(3))
        .withRetryPeriod(term.dividedBy(7))
        .withExitOnStopLeading(false)
        .withLeaderCallbacks(new LeaderCallbacks(whenLeading, whenNoLonger, leader -> {}))
        .build();
  }
}
