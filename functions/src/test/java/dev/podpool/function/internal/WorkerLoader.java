package dev.podpool.function.internal;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** Loads the sample classes anew, as a worker's loader would: nothing is shared but Podpool. */
final class WorkerLoader extends ClassLoader {
  private static final String OWN = "dev.podpool.function.sample.";
  private final Map<String, byte[]> replaced;

  WorkerLoader(Map<String, byte[]> replaced) {
    super(WorkerLoader.class.getClassLoader());
    this.replaced = replaced;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OWN) && !replaced.containsKey(name)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      return known == null ? findClass(name) : known;
    }
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] bytes = in.readAllBytes();
      return defineClass(name, bytes, 0, bytes.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }

  @Override
  public InputStream getResourceAsStream(String file) {
    byte[] bytes = replaced.get(file.replace('/', '.').replaceAll("\\.class$", ""));
    return bytes == null
        ? super.getResourceAsStream(file)
        : new java.io.ByteArrayInputStream(bytes);
  }
}
