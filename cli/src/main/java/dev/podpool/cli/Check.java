package dev.podpool.cli;

import org.jspecify.annotations.Nullable;

/**
 * A step to a queue that was tried.
 *
 * @param failure null where it went well
 */
record Check(String step, @Nullable Finding failure) {}
