/** Pools of a manifest on one machine: the cluster's planner, with OS processes for pods. */
@NullMarked
package dev.podpool.operator.local;

import org.jspecify.annotations.NullMarked;
