package dev.podpool.operator.local;

import dev.podpool.Podpool;
import dev.podpool.queue.boot.QueueMain;
import dev.podpool.testing.JvmCaches;
import dev.podpool.worker.WorkerMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Has the JVMs of the queue and the workers keep what they load, before the first of many starts.
 */
public final class Training implements LauncherSessionListener {

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    System.setProperty(Jvm.TRAINING, "true");
    try {
      JvmCaches.train(Training::map, QueueMain.class, WorkerMain.class);
    } finally {
      System.clearProperty(Jvm.TRAINING);
    }
  }

  private static void map(Path directory) throws IOException, InterruptedException {
    Files.createDirectories(Path.of(System.getProperty(Jvm.CACHES)));
    try (TestRuntime runtime = new TestRuntime(directory);
        Podpool podpool = Podpool.connect(runtime.runtime.directory().path())) {
      runtime.applyAndAwaitReady("workers: 1");
      podpool.pool(TestRuntime.POOL).map(LocalRuntimeTest::square, List.of(1, 2, 3));
    }
  }
}
