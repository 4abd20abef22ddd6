package dev.podpool.function.internal;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Classes of archives: in a worker, those that travelled with a function; in a submitter, those of
 * code that it does not run itself. Its own archives come before this process's class path, so that
 * a worker's build never hides the submitter's. Only the JDK, Podpool, and Jackson, which has to be
 * the one that Podpool calls, are asked the other way round.
 */
public final class CodeLoader extends URLClassLoader {
  static {
    registerAsParallelCapable();
  }

  private static final Set<String> JDK_PACKAGES = jdkPackages();

  /**
   * Of {@code archives}, which are files, in order.
   *
   * @param parent asked for what they have not
   */
  public CodeLoader(List<String> archives, ClassLoader parent) {
    super("podpool-code", urls(archives), parent);
  }

  private static URL[] urls(List<String> archives) {
    URL[] urls = new URL[archives.size()];
    for (int i = 0; i < urls.length; i++) {
      try {
        urls[i] = new File(archives.get(i)).toURI().toURL();
      } catch (MalformedURLException e) {
        throw new IllegalStateException("a file's URI is always a URL", e);
      }
    }
    return urls;
  }

  private static Set<String> jdkPackages() {
    Set<String> packages = new HashSet<>();
    for (Module module : ModuleLayer.boot().modules()) {
      ClassLoader loader = module.getClassLoader();
      if (loader == null || loader.equals(ClassLoader.getPlatformClassLoader())) {
        packages.addAll(module.getPackages());
      }
    }
    return packages;
  }

  private static boolean isParentFirst(String packageName) {
    String dotted = packageName.concat(".");
    return dotted.startsWith("java.")
        || dotted.startsWith("dev.podpool.")
        || dotted.startsWith("com.fasterxml.jackson.")
        || JDK_PACKAGES.contains(packageName);
  }

  private static boolean isParentFirstResource(String name) {
    int end = name.lastIndexOf('/');
    return end > 0 && isParentFirst(name.substring(0, end).replace('/', '.'));
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (isParentFirst(name.substring(0, Math.max(0, name.lastIndexOf('.'))))) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> found = findLoadedClass(name);
      if (found == null) {
        try {
          found = findClass(name);
        } catch (ClassNotFoundException e) {
          return getParent().loadClass(name);
        }
      }
      if (resolve) {
        resolveClass(found);
      }
      return found;
    }
  }

  @Override
  public @Nullable URL getResource(String name) {
    if (isParentFirstResource(name)) {
      return super.getResource(name);
    }
    URL own = findResource(name);
    return own == null ? getParent().getResource(name) : own;
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    if (isParentFirstResource(name)) {
      return super.getResources(name);
    }
    List<URL> all = new ArrayList<>(Collections.list(findResources(name)));
    all.addAll(Collections.list(getParent().getResources(name)));
    return Collections.enumeration(all);
  }
}
