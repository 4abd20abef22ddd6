/** What travels to a worker: functions, and the values they take and give. */
@NullMarked
package dev.podpool.function;

import org.jspecify.annotations.NullMarked;
