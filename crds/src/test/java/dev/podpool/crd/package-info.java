@NullMarked
package dev.podpool.crd;

import org.jspecify.annotations.NullMarked;
