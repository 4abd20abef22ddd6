/** The way to a cluster's queue from outside of it: as {@code kubectl} gets there. */
@NullMarked
package dev.podpool.kubernetes;

import org.jspecify.annotations.NullMarked;
