/**
 * Pools and queues on Kubernetes: observes pods and what queues say, has {@link
 * dev.podpool.operator.plan.Plan} decide, and performs its steps with the API server.
 */
@NullMarked
package dev.podpool.operator.cluster;

import org.jspecify.annotations.NullMarked;
