package dev.podpool;

/**
 * A process, as it is known from within one: {@link PodProcess#current}, {@link PodProcess#parent}.
 *
 * @param name "MainProcess" for a program that nobody has started as a process
 * @param pid its number, where it runs: on a cluster, in its pod
 * @param isDaemon whether it ends with its parent, and may not start processes
 */
public record ProcessInfo(String name, long pid, boolean isDaemon) {}
