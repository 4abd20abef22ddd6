@NullMarked
package dev.podpool.operator.plan;

import org.jspecify.annotations.NullMarked;
