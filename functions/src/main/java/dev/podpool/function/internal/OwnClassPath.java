package dev.podpool.function.internal;

/**
 * The class path that this JVM was started with, and so will be the processes that it starts.
 * Classes that a launcher has in loaders of its own are not there.
 */
public final class OwnClassPath {
  private OwnClassPath() {}

  /** Whether a JVM that is started like this one has {@code type}. */
  public static boolean has(Class<?> type) {
    ClassLoader system = ClassLoader.getSystemClassLoader();
    return ClassFiles.isJdk(type)
        || system.equals(type.getClassLoader())
        || system.getResource(type.getName().replace('.', '/').concat(".class")) != null;
  }

  /** What to do where it has not: the rest of a sentence that names the class. */
  public static String missing(Class<?> type) {
    return " is not on the class path (java.class.path), but comes from "
        + type.getClassLoader().getClass().getName()
        + ". A source-file launch, jshell and mvn exec:java keep classes to themselves: compile"
        + " the program, and start it with java -cp or java -jar.";
  }
}
