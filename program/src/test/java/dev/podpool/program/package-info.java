@NullMarked
package dev.podpool.program;

import org.jspecify.annotations.NullMarked;
