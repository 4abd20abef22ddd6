package dev.podpool.function.internal;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** The bytes a class was loaded from, by which two sides tell whether they run the same build. */
final class ClassFiles {
  static final int DIGEST_BYTES = 32;

  private ClassFiles() {}

  /** The class file, or null if the class has none that can be read: one made at run time. */
  static byte @Nullable [] read(Class<?> type) {
    String name = type.getName();
    String file = name.substring(name.lastIndexOf('.') + 1).concat(".class"); // + is slow at first
    try (InputStream in = type.getResourceAsStream(file)) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      return null;
    }
  }

  /** Whether the class belongs to the JDK, whose builds differ without harm. */
  static boolean isJdk(Class<?> type) {
    ClassLoader loader = type.getClassLoader();
    return loader == null || loader.equals(ClassLoader.getPlatformClassLoader());
  }
}
