/** What Podpool's own modules give to the client. Not for users; may change at any time. */
@NullMarked
package dev.podpool.internal;

import org.jspecify.annotations.NullMarked;
