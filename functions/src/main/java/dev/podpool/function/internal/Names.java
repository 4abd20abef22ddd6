package dev.podpool.function.internal;

/** What people call a class. */
final class Names {
  private Names() {}

  /** Without its package, nested classes after a dot. */
  static String of(Class<?> type) {
    String name = type.getName();
    return name.substring(name.lastIndexOf('.') + 1).replace('$', '.');
  }
}
