package dev.podpool.sandbox;

import dev.podpool.function.internal.CodeLoader;
import dev.podpool.function.internal.Codecs;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A class loader for each class path that functions came with: those used last stay open, others
 * are closed, and made anew if they are wanted again. Used by the thread that runs items, between
 * items. Not loaded before the first function that comes with code.
 */
final class CodeLoaders {
  static final int OPEN_MAX = 8;

  private final ClassLoader parent;
  private final Map<List<String>, CodeLoader> open = new LinkedHashMap<>(16, 0.75f, true);

  CodeLoaders(ClassLoader parent) {
    this.parent = parent;
  }

  /** The loader of {@code archives}, which are files, in order. */
  ClassLoader of(List<String> archives) throws IOException {
    CodeLoader loader = open.get(archives);
    if (loader == null) {
      if (open.size() == OPEN_MAX) {
        closeEldest();
      }
      loader = new CodeLoader(archives, parent);
      open.put(archives, loader);
    }
    return loader;
  }

  private void closeEldest() throws IOException {
    Iterator<CodeLoader> eldest = open.values().iterator();
    eldest.next().close();
    eldest.remove();
    Codecs.forgetClasses();
  }
}
