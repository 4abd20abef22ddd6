/** A disk in memory that loses power, tears writes, fills up and fails, for code on java.nio. */
@NullMarked
package dev.podpool.testing.disk;

import org.jspecify.annotations.NullMarked;
