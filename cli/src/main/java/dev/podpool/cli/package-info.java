/** The {@code podpool} command: what a person at a shell, or a script, does with a runtime. */
@NullMarked
package dev.podpool.cli;

import org.jspecify.annotations.NullMarked;
