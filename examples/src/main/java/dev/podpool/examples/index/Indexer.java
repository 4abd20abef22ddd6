package dev.podpool.examples.index;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The function that the pool runs: reads documents, and finds their words. */
final class Indexer {

  private static final int WORD_CHARACTERS_MAX = 40;

  // Opened once in each process, for all of its tasks.
  private static final Map<String, ZipFile> ARCHIVES = new HashMap<>();

  private Indexer() {}

  /** The index of {@code documents}. The same for the same files, so it may run twice. */
  static PartialIndex index(List<Document> documents) throws IOException {
    Map<String, Integer> counts = new HashMap<>();
    Map<String, List<Integer>> postings = new HashMap<>();
    long words = 0;
    for (Document document : documents) {
      Set<String> seen = new HashSet<>();
      for (String word : words(read(document))) {
        words++;
        counts.merge(word, 1, Integer::sum);
        if (seen.add(word)) {
          postings.computeIfAbsent(word, w -> new ArrayList<>()).add(document.id());
        }
      }
    }
    return new PartialIndex(documents.size(), words, counts, postings);
  }

  /** Runs of letters, in lower case. */
  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    for (int i = 0; i <= text.length(); i++) {
      char next = i < text.length() ? text.charAt(i) : ' ';
      if (Character.isLetter(next)) {
        word.append(Character.toLowerCase(next));
      } else if (!word.isEmpty()) {
        if (word.length() <= WORD_CHARACTERS_MAX) {
          words.add(word.toString());
        }
        word.setLength(0);
      }
    }
    return words;
  }

  private static String read(Document document) throws IOException {
    if (document.archive().isEmpty()) {
      return new String(Files.readAllBytes(Path.of(document.path())), StandardCharsets.UTF_8);
    }
    ZipFile archive = open(document.archive());
    ZipEntry entry = archive.getEntry(document.path());
    if (entry == null) {
      throw new IOException(document.archive() + " has no entry " + document.path());
    }
    try (InputStream in = archive.getInputStream(entry)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static synchronized ZipFile open(String path) throws IOException {
    ZipFile known = ARCHIVES.get(path);
    if (known == null) {
      known = new ZipFile(path);
      ARCHIVES.put(path, known);
    }
    return known;
  }
}
