package dev.podpool;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.podpool.function.internal.QueueBridge;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.TaskOutput;
import dev.podpool.rpc.QueueUnreachableException;
import dev.podpool.session.QueueAccess;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** The way to the queue from a pool's process: by its supervisor, which holds the sessions. */
final class BridgeAccess implements QueueAccess {

  private final QueueBridge bridge;

  BridgeAccess(QueueBridge bridge) {
    this.bridge = bridge;
  }

  /** The supervisor has names and patience of its own. */
  @Override
  public QueueSession open(OpenSession open, SessionHandler handler, Duration patience) {
    return new BridgeSession(bridge, handler);
  }

  @Override
  public ReadResponse read(ReadRequest question, Duration atMost)
      throws IOException, InterruptedException {
    Asked asked = new Asked();
    bridge.read(question.toByteArray(), asked);
    try {
      return ReadResponse.parseFrom(
          asked.answer.get(Math.max(1, atMost.toMillis()), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      throw new IOException("the worker of this process did not answer in " + atMost, e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failed ? failed : new IOException(e);
    } catch (InvalidProtocolBufferException e) {
      throw new IOException("the worker's answer can't be read: " + e.getMessage(), e);
    }
  }

  private static final class Asked implements QueueBridge.Answer {

    final CompletableFuture<byte[]> answer = new CompletableFuture<>();

    @Override
    public void answered(byte[] response) {
      answer.complete(response);
    }

    @Override
    public void failed(String why, boolean forGood) {
      answer.completeExceptionally(
          forGood ? new QueueUnreachableException(why, true, null) : new IOException(why));
    }
  }

  /** Payloads of a pool's process come and go by its supervisor. */
  @Override
  public void fetch(Blob blob, OutputStream into, Duration atMost) throws IOException {
    throw new FileNotFoundException("a pool's process can't fetch blobs of its queue");
  }

  @Override
  public void follow(OutputQuery query, Consumer<TaskOutput> each) throws IOException {
    throw new IOException("a pool's process can't follow what others print");
  }

  /** The process has it until it ends. */
  @Override
  public void close() {}
}
