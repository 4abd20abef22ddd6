package dev.podpool.examples.index;

import java.util.List;
import java.util.Map;

/**
 * What one task finds in its documents.
 *
 * @param files documents read
 * @param words words in them, repetitions included
 * @param counts how often each word occurs
 * @param postings the documents' ids that each word occurs in, ascending
 */
public record PartialIndex(
    int files, long words, Map<String, Integer> counts, Map<String, List<Integer>> postings) {}
