/**
 * The child process of a slot: takes runs of items from its supervisor, runs user code, gives back
 * outcomes. Nothing here knows sessions, the queue or the network.
 */
@NullMarked
package dev.podpool.sandbox;

import org.jspecify.annotations.NullMarked;
