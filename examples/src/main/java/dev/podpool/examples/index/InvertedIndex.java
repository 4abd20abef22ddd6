package dev.podpool.examples.index;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All partial indexes, added up in the order of their documents. */
final class InvertedIndex {

  private int files;
  private long words;
  private final Map<String, Integer> counts = new HashMap<>();
  private final Map<String, List<Integer>> postings = new HashMap<>();

  /** Adds one whose documents come behind those already here. */
  void add(PartialIndex part) {
    files += part.files();
    words += part.words();
    part.counts().forEach((word, count) -> counts.merge(word, count, Integer::sum));
    part.postings()
        .forEach((word, ids) -> postings.computeIfAbsent(word, w -> new ArrayList<>()).addAll(ids));
  }

  int files() {
    return files;
  }

  long words() {
    return words;
  }

  int distinctWords() {
    return counts.size();
  }

  boolean isSameAs(InvertedIndex other) {
    return files == other.files
        && words == other.words
        && counts.equals(other.counts)
        && postings.equals(other.postings);
  }
}
