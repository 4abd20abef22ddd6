package dev.podpool.sandbox;

import dev.podpool.function.internal.QueueBridge;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The way to the queue, over a connection to the supervisor beside the one for items: what waits in
 * the queue holds up no item, and the other way round. Connects, with two threads of its own, when
 * it is first used.
 */
final class SupervisorBridge extends QueueBridge {
  private final String socket;
  private final byte[] token;
  private final LinkedBlockingQueue<Bytes> outgoing = new LinkedBlockingQueue<>();
  private final Map<Integer, Listener> sessions = new ConcurrentHashMap<>();
  private final Map<Long, Answer> questions = new ConcurrentHashMap<>();
  private final AtomicInteger lastSession = new AtomicInteger();
  private final AtomicLong lastQuestion = new AtomicLong();
  private boolean started; // guarded by this

  /**
   * @param token by which this process has proved itself before
   */
  SupervisorBridge(String socket, byte[] token) {
    this.socket = socket;
    this.token = token;
  }

  @Override
  public Session open(Listener listener) {
    int session = lastSession.incrementAndGet();
    sessions.put(session, listener);
    return (call, operation) -> {
      Bytes frame = frame(Frames.QUEUE_OPERATION, 4 + 8 + operation.length);
      frame.putInt(session);
      frame.putLong(call);
      frame.putBytes(operation, 0, operation.length);
      send(frame);
    };
  }

  @Override
  public void read(byte[] question, Answer answer) {
    long number = lastQuestion.incrementAndGet();
    questions.put(number, answer);
    Bytes frame = frame(Frames.QUEUE_QUESTION, 8 + question.length);
    frame.putLong(number);
    frame.putBytes(question, 0, question.length);
    send(frame);
  }

  /** A frame, but for what follows the type. */
  private static Bytes frame(byte type, int bodyBytes) {
    Bytes frame = new Bytes(Frames.HEADER_BYTES + bodyBytes);
    frame.putInt(1 + bodyBytes);
    frame.putByte(type);
    return frame;
  }

  private void send(Bytes frame) {
    outgoing.add(frame);
    synchronized (this) {
      if (!started) {
        started = true;
        new Writer().start();
      }
    }
  }

  // ---- its threads

  /** Of its own, as an interrupt would close the channel, and callers may be interrupted. */
  private final class Writer extends UninterruptibleThread {
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10);

    Writer() {
      super("podpool-to-queue");
      setDaemon(true);
    }

    @Override
    public void run() {
      try {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        Bytes hello = frame(Frames.QUEUE_HELLO, token.length);
        hello.putBytes(token, 0, token.length);
        write(channel, hello);
        new Reader(channel).start();
        while (true) {
          write(channel, outgoing.take());
        }
      } catch (IOException | InterruptedException e) {
        // The supervisor is gone; the life line ends this process.
      }
    }

    private void write(SocketChannel channel, Bytes frame) throws IOException {
      int position = 0;
      while (position < frame.length()) {
        int count = Math.min(buffer.capacity(), frame.length() - position);
        buffer.clear().put(frame.array(), position, count).flip();
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        position += count;
      }
    }
  }

  private final class Reader extends UninterruptibleThread {
    private final SocketChannel channel;

    Reader(SocketChannel channel) {
      super("podpool-from-queue");
      setDaemon(true);
      this.channel = channel;
    }

    @Override
    public void run() {
      FrameInput input = new FrameInput(channel);
      try {
        while (true) {
          take(input.next());
        }
      } catch (IOException e) {
        // As above.
      }
    }
  }

  private void take(Frame frame) throws IOException {
    switch (frame.type) {
      case Frames.QUEUE_REPLY -> {
        Listener listener = sessions.get(frame.getInt());
        long call = frame.getLong();
        if (listener != null) {
          listener.replied(call, frame.getBytes(frame.remaining()));
        }
      }
      case Frames.QUEUE_DELIVERY -> {
        Listener listener = sessions.get(frame.getInt());
        if (listener != null) {
          listener.delivered(frame.getBytes(frame.remaining()));
        }
      }
      case Frames.QUEUE_SESSION_OVER -> {
        Listener listener = sessions.remove(frame.getInt());
        if (listener != null) {
          listener.ended(frame.getBytes(frame.remaining()));
        }
      }
      case Frames.QUEUE_ANSWER -> {
        Answer answer = questions.remove(frame.getLong());
        byte outcome = frame.getByte();
        if (answer != null && outcome == Frames.ANSWERED) {
          answer.answered(frame.getBytes(frame.remaining()));
        } else if (answer != null) {
          answer.failed(frame.getText(), outcome == Frames.FAILED_FOR_GOOD);
        }
      }
      default -> throw new IOException("no such frame: " + frame.type);
    }
  }
}
