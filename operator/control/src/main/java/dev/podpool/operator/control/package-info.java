/**
 * How whoever runs pools tells their queue about them: the same on one machine and on a cluster.
 */
@NullMarked
package dev.podpool.operator.control;

import org.jspecify.annotations.NullMarked;
