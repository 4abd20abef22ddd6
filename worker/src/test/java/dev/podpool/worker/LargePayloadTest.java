package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.function.RemoteFunction;
import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.PayloadReader;
import dev.podpool.function.internal.PayloadWriter;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Inputs and results that are too large for an operation. */
@Timeout(60)
class LargePayloadTest {
  private static final RemoteFunction<byte[], byte[]> REVERSED = LargePayloadTest::reversed;
  private static final RemoteFunction<byte[], Integer> LENGTH = LargePayloadTest::length;
  private final MemoryBlobs blobs = new MemoryBlobs();

  static byte[] reversed(byte[] bytes) {
    byte[] reversed = bytes.clone();
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  static int length(byte[] bytes) {
    return bytes.length;
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private FakeQueue queue() {
    return new FakeQueue(2, s -> s.withBlobs(blobs).withInlineBytesMax(1000));
  }

  private FakeQueue.Job submit(
      FakeQueue queue, RemoteFunction<byte[], ?> function, byte[]... inputs) throws IOException {
    var captured = Capture.capture(function);
    List<ByteString> encoded = new ArrayList<>();
    for (byte[] input : inputs) {
      var writer = new PayloadWriter();
      captured.arguments().encode(input, writer);
      byte[] run = writer.toByteArray();
      if (input.length <= 1000) {
        encoded.add(ByteString.copyFrom(run));
        continue;
      }
      var reader = new PayloadReader(run);
      reader.next();
      int from = reader.offset();
      Blob blob = blobs.put(Arrays.copyOfRange(reader.buffer(), from, from + reader.length()));
      var out = ByteString.newOutput();
      blob.writeDelimitedTo(out);
      encoded.add(out.toByteString());
    }
    Set<Integer> large =
        Set.copyOf(
            IntStream.range(0, inputs.length)
                .filter(i -> inputs[i].length > 1000)
                .boxed()
                .toList());
    return queue.submitEncoded(captured, encoded, large, header -> header);
  }

  @Test
  void smallAndLargeOnesMixedComeAndGo() throws Exception {
    byte[][] inputs = {random(10), random(3_000_000), random(20), random(1001), random(30)};
    try (var queue = queue()) {
      List<Object> results = submit(queue, REVERSED, inputs).results();
      for (int i = 0; i < inputs.length; i++) {
        assertThat(results.get(i)).isEqualTo(reversed(inputs[i]));
      }
      assertThat(queue.put).hasSize(2);
      assertThat(queue.violations).isEmpty();
    }
  }

  @Test
  void aFetchMayBeGivenAnyLengthOfTime() throws Exception {
    byte[] input = random(2000);
    try (var queue =
        new FakeQueue(
            1, s -> s.withBlobs(blobs).withFetchTimeout(Duration.ofSeconds(Long.MAX_VALUE)))) {
      assertThat(submit(queue, LENGTH, input).results()).containsExactly(2000);
    }
  }

  @Test
  void theLargestPayloadComes() throws Exception {
    byte[] input = new byte[(64 << 20) - 1]; // and one byte that says what it is
    try (var queue = queue()) {
      assertThat(submit(queue, LENGTH, input, input).results())
          .containsExactly(input.length, input.length);
    }
  }

  @Test
  void manyResultsInOneReportAreSplit() {
    try (var queue = new FakeQueue(2)) {
      var results = queue.submit(UserCode::bytes, java.util.Collections.nCopies(20, 600_000));
      assertThat(results.results())
          .allSatisfy(result -> assertThat((byte[]) result).hasSize(600_000));
    }
  }

  private static void assertFailed(Object result, String... parts) {
    assertThat(result).isInstanceOf(Outcome.class);
    Outcome outcome = (Outcome) result;
    assertThat(outcome.getFailed().getKind()).isEqualTo(FailureKind.INPUT_NOT_DECODED);
    assertThat(outcome.getFailed().getMessage()).contains(parts);
  }

  @Test
  void anInputThatIsAnotherOrGoneFailsItsItemOnly() throws Exception {
    byte[] wrong = random(5000);
    byte[] payload = new byte[5001];
    payload[0] = 'B';
    System.arraycopy(wrong, 0, payload, 1, 5000);
    try (var queue = queue()) {
      blobs.gate = new CountDownLatch(1);
      var job = submit(queue, LENGTH, random(10), wrong, random(20));
      blobs.replace(MemoryBlobs.blob(payload), random(5001));
      blobs.gate.countDown();
      assertThat(job.result(0)).isEqualTo(10);
      assertFailed(job.result(1), "SHA-256");
      assertThat(job.result(2)).isEqualTo(20);
    }
  }

  @Test
  void stoppedOrDrainedWhileItsInputIsFetched() throws Exception {
    blobs.gate = new CountDownLatch(1);
    try (var queue = queue()) {
      var stopped = submit(queue, LENGTH, random(5000));
      blobs.asked.await();
      stopped.stop(0, 1);
      var job = submit(queue, LENGTH, random(6000));
      queue.await(() -> queue.leased() == 1);
      queue.worker.drain().get(10, TimeUnit.SECONDS);
      assertThat(job.returned).isEqualTo(1);
    }
  }
}
