/** What a WorkerPool's manifest may say, and reading one with the cluster's own rules. */
@NullMarked
package dev.podpool.crd;

import org.jspecify.annotations.NullMarked;
