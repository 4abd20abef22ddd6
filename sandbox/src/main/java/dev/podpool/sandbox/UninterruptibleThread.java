package dev.podpool.sandbox;

/**
 * A thread of ours in a JVM that also runs code of others, some of which interrupts whole thread
 * groups. An interrupt would close the channel that it writes to, and have its selector return
 * again and again.
 */
public class UninterruptibleThread extends Thread {

  /** Does not start. */
  public UninterruptibleThread(String name) {
    super(name);
  }

  /** Does not start. */
  public UninterruptibleThread(Runnable task, String name) {
    super(task, name);
  }

  /** Does nothing: none of ours is ended by an interrupt. */
  @Override
  public void interrupt() {}
}
