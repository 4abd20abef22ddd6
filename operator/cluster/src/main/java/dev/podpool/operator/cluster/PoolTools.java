package dev.podpool.operator.cluster;

import java.time.InstantSource;

/** What reconciling a pool needs. */
record PoolTools(
    ClusterSettings settings, ApiCalls calls, EventRecorder events, InstantSource clock) {}
