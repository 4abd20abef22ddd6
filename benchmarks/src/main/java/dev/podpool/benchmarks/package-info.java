/** Podpool beside its peers, on the same machine in the same run. */
@NullMarked
package dev.podpool.benchmarks;

import org.jspecify.annotations.NullMarked;
