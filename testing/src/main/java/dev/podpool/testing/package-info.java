/** What tests of several rooms need; in no release. */
@NullMarked
package dev.podpool.testing;

import org.jspecify.annotations.NullMarked;
