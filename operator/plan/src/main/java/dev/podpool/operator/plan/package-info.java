/**
 * What to do next so that a pool becomes what its spec says: a function of spec, observation and
 * time. It knows neither Kubernetes nor processes nor a clock.
 */
@NullMarked
package dev.podpool.operator.plan;

import org.jspecify.annotations.NullMarked;
