package dev.podpool.examples.index;

/**
 * A text to index.
 *
 * @param id its place in the collection
 * @param archive the zip file that it is in; empty for a plain file
 * @param path of the file, or of the archive's entry
 */
public record Document(int id, String archive, String path) {}
