package dev.podpool.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.TaskOutput;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OutputPublisherTest {

  private static final String MEBIBYTE = "x".repeat(1 << 20);

  private final BlockingQueue<TaskOutput> received = new LinkedBlockingQueue<>();
  private volatile boolean serves;
  private Server server;
  private QueueConnection connection;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .maxInboundMessageSize(QueueRpc.MESSAGE_BYTES_MAX)
            .addService(
                ServerServiceDefinition.builder(QueueRpc.SERVICE)
                    .addMethod(QueueRpc.PUBLISH_OUTPUT, (call, headers) -> receive(call))
                    .build())
            .build()
            .start();
    connection =
        new QueueConnection(
            () -> {
              if (!serves) {
                throw new IOException("not yet");
              }
              return new Endpoint("localhost", server.getPort(), "key");
            });
  }

  @AfterEach
  void stop() {
    connection.close();
    server.shutdownNow();
  }

  private ServerCall.Listener<TaskOutput> receive(ServerCall<TaskOutput, TaskOutput> call) {
    call.request(1);
    return new ServerCall.Listener<>() {
      @Override
      public void onMessage(TaskOutput output) {
        received.add(output);
        call.request(1);
      }

      @Override
      public void onHalfClose() {
        call.sendHeaders(new Metadata());
        call.sendMessage(TaskOutput.getDefaultInstance());
        call.close(Status.OK, new Metadata());
      }
    };
  }

  private static TaskOutput output(String text) {
    return TaskOutput.newBuilder().setText(text).build();
  }

  @Test
  void whatIsPublishedWhileNobodyServesIsKeptUpToAMebibyteOrTwoAndTheRestCounted()
      throws InterruptedException {
    OutputPublisher publisher = new OutputPublisher(connection);
    for (int i = 0; i < 100; i++) {
      publisher.publish(output(MEBIBYTE));
    }
    serves = true;
    int kept = 0;
    for (TaskOutput next = first(); next != null; next = received.poll()) {
      kept++;
    }
    publisher.publish(output("end"));
    publisher.close();

    TaskOutput end = last();
    kept += received.size();
    assertThat(kept).isLessThanOrEqualTo(2);
    assertThat(end.getDroppedBytes()).isEqualTo((100L - kept) << 20);
  }

  @Test
  void whatIsPublishedJustBeforeTheEndArrives() throws InterruptedException {
    serves = true;
    OutputPublisher publisher = new OutputPublisher(connection);
    publisher.publish(output("last words"));
    publisher.close();

    assertThat(first().getText()).isEqualTo("last words");
  }

  private TaskOutput first() throws InterruptedException {
    return received.poll(30, TimeUnit.SECONDS);
  }

  /** Takes up to and with "end". */
  private TaskOutput last() throws InterruptedException {
    TaskOutput next = first();
    while (next != null && !next.getText().equals("end")) {
      next = first();
    }
    assertThat(next).isNotNull();
    return next;
  }
}
