package dev.podpool.sandbox;

import java.io.IOException;
import java.nio.channels.SocketChannel;

/**
 * The thread that runs user code, and talks to the supervisor between items. User code may have
 * this thread interrupted, and may do so late: while it is {@link #shield shielded} an interrupt is
 * dropped, as it would close the channel to the supervisor, and with it this process.
 */
final class ItemThread extends Thread {
  private final SocketChannel channel;
  private final Outbox outbox;
  private final SlotPage page;
  private final Object gate = new Object();
  private boolean shielded; // guarded by gate

  ItemThread(SocketChannel channel, Outbox outbox, SlotPage page) {
    super("podpool-items");
    this.channel = channel;
    this.outbox = outbox;
    this.page = page;
  }

  @Override
  public void interrupt() {
    synchronized (gate) {
      if (!shielded) {
        super.interrupt();
      }
    }
  }

  /** This thread is about to talk to the supervisor: whoever wanted to interrupt it is late. */
  void shield() {
    synchronized (gate) {
      shielded = true;
    }
    Thread.interrupted();
  }

  /** It may be interrupted again. */
  void expose() {
    synchronized (gate) {
      shielded = false;
    }
  }

  @Override
  public void run() {
    ItemLoop loop =
        new ItemLoop(this, new FrameInput(channel), outbox, new ItemOutput(outbox), page);
    try {
      if (loop.initialize()) {
        loop.run();
      }
      Child.killStarted();
      Runtime.getRuntime().halt(0); // unfit, and all is said
    } catch (IOException e) {
      // The supervisor has closed: it wants no more. User code may have left threads running, and
      // its shutdown hooks get their turn.
      System.exit(0);
    } catch (OutOfMemoryError e) {
      Runtime.getRuntime().halt(Frames.EXIT_OUT_OF_MEMORY);
    } catch (RuntimeException | Error e) {
      e.printStackTrace();
      System.exit(1); // a fault of ours; without this thread the process would be of no use
    }
  }
}
