package dev.podpool.cli;

/**
 * Something that is wrong.
 *
 * @param remedy a command, or what else to do
 */
record Finding(String problem, String remedy) {}
