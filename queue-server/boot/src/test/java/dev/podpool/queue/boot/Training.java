package dev.podpool.queue.boot;

import dev.podpool.protocol.PoolsQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.rpc.QueueConnection;
import dev.podpool.testing.JvmCaches;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/** Has the queue's JVM keep what it loads, before the first of many starts. */
public final class Training implements LauncherSessionListener {

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    JvmCaches.train(Training::serve, QueueMain.class);
  }

  private static void serve(Path directory) throws IOException, InterruptedException {
    String[] flags = JvmCaches.make(QueueMain.class).toArray(String[]::new);
    try (QueueProcess queue = new QueueProcess(directory, flags);
        QueueConnection connection = new QueueConnection(queue)) {
      connection.read(
          ReadRequest.newBuilder().setPools(PoolsQuery.getDefaultInstance()).build(),
          Duration.ofSeconds(20));
    }
  }
}
