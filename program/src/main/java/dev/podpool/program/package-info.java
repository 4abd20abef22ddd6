/** What each of Podpool's services has: what it says, and how it answers who looks after it. */
@NullMarked
package dev.podpool.program;

import org.jspecify.annotations.NullMarked;
