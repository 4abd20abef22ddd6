package dev.podpool;

import org.jspecify.annotations.Nullable;

/**
 * What became of a change that was to be made only to a certain version.
 *
 * @param made false: the version was another, and nothing was changed
 * @param before what was there before it; if it was not made, what is there
 * @param version of what is there now; 0 where there is nothing
 */
public record Change<T extends @Nullable Object>(boolean made, @Nullable T before, long version) {}
