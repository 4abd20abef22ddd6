/** How functions and values travel: for Podpool's own modules, and free to change. */
@NullMarked
package dev.podpool.function.internal;

import org.jspecify.annotations.NullMarked;
