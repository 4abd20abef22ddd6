package dev.podpool.function.internal;

import dev.podpool.function.CaptureException;
import org.jspecify.annotations.Nullable;

/** SHA-256 of class files, each computed once. */
final class Digests {
  private static final byte[] UNREADABLE = {};

  private static final ClassValue<byte[]> KNOWN =
      new ClassValue<>() {
        @Override
        protected byte[] computeValue(Class<?> type) {
          byte[] classFile = ClassFiles.read(type);
          return classFile == null ? UNREADABLE : Sha256.digest(classFile);
        }
      };

  private Digests() {}

  /**
   * @param required whether the function only means the same in the same build of its class
   * @return null for classes of the JDK, and for those that can't be read and needn't be
   */
  static byte @Nullable [] of(Class<?> type, boolean required, String place) {
    if (ClassFiles.isJdk(type)) {
      return null;
    }
    byte[] digest = KNOWN.get(type);
    if (digest.length > 0) {
      return digest;
    }
    if (required) {
      throw new CaptureException(
          place
              + " is in "
              + type.getName()
              + ", whose class file cannot be read, so that a worker could not tell its build. Use"
              + " a method of a class on the class path; from jshell, put it there first: compile"
              + " it, and start jshell with --class-path.");
    }
    return null;
  }
}
