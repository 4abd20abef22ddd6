/** Code on a cluster: it travels to the stock image, or is in an image of its own. */
@NullMarked
package dev.podpool.examples.cluster;

import org.jspecify.annotations.NullMarked;
