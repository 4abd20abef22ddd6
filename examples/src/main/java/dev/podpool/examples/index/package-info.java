/** Word counts and an inverted index of many files, on a pool of a manifest. */
@NullMarked
package dev.podpool.examples.index;

import org.jspecify.annotations.NullMarked;
