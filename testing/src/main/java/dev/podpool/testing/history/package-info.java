/** What clients saw, and whether one object that does one thing at a time could have shown it. */
@NullMarked
package dev.podpool.testing.history;

import org.jspecify.annotations.NullMarked;
