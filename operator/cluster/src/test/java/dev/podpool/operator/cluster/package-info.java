@NullMarked
package dev.podpool.operator.cluster;

import org.jspecify.annotations.NullMarked;
