/**
 * The examples of a tutorial of Python's {@code multiprocessing}, each a program of its own: {@code
 * podpool example} lists them, {@code podpool example 14} runs one. Seconds of the tutorial are
 * tenths of seconds here.
 */
@NullMarked
package dev.podpool.examples.tutorial;

import org.jspecify.annotations.NullMarked;
