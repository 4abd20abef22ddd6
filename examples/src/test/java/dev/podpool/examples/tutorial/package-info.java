@NullMarked
package dev.podpool.examples.tutorial;

import org.jspecify.annotations.NullMarked;
