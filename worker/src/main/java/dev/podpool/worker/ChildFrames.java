package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.JobHeader;
import dev.podpool.sandbox.Frames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a child's frames mean for the report. */
final class ChildFrames {
  private final WorkerSettings settings;
  private final Report report;
  private final Workload anyItem;

  ChildFrames(WorkerSettings settings, Report report, Workload anyItem) {
    this.settings = settings;
    this.report = report;
    this.anyItem = anyItem;
  }

  /**
   * A run of results.
   *
   * @throws IOException if it is not about the items that are due
   */
  void results(ChildProcess child, ByteBuffer body) throws IOException {
    long first = body.getLong();
    int count = body.getInt();
    long nanos = body.getLong();
    Items run = due(child, first);
    report.succeeded(run, child.index(first), count, ByteString.copyFrom(body));
    ended(child, run, count, nanos);
  }

  /**
   * An item that failed.
   *
   * @return whether the child is unfit for more
   */
  boolean failure(ChildProcess child, ByteBuffer body) throws IOException {
    long sequence = body.getLong();
    FailureKind kind = FailureKind.forNumber(body.get());
    boolean unfit = body.get() != 0;
    long nanos = body.getLong();
    Items run = due(child, sequence);
    Failure failure = describe(kind, body).setAttempt(run.attempt()).build();
    report.failed(run, child.index(sequence), failure);
    ended(child, run, 1, nanos);
    return unfit;
  }

  /** Why the initializer failed. */
  Failure initializerFailure(ByteBuffer body) {
    body.getLong();
    FailureKind kind = FailureKind.forNumber(body.get());
    body.get();
    body.getLong();
    return describe(kind, body).build();
  }

  void output(ChildProcess child, ByteBuffer body) {
    long sequence = body.getLong();
    int stream = body.get();
    String text = StandardCharsets.UTF_8.decode(body).toString();
    JobHeader job = null;
    long index = -1;
    if (child.reported() <= sequence && sequence < child.next()) {
      job = child.run(sequence).job();
      index = child.index(sequence);
    }
    settings.listener().output(child.slot, job, index, stream, text);
  }

  private static Items due(ChildProcess child, long sequence) throws IOException {
    if (sequence != child.reported() || sequence >= child.next()) {
      throw new IOException(
          "child reports item " + sequence + ", and " + child.reported() + " is due");
    }
    return child.run(sequence);
  }

  private void ended(ChildProcess child, Items run, int count, long nanos) {
    run.workload().took(count, nanos);
    anyItem.took(count, nanos);
    child.reported(count);
  }

  private Failure.Builder describe(FailureKind kind, ByteBuffer body) {
    Failure.Builder failure =
        Failure.newBuilder()
            .setKind(kind)
            .setType(text(body))
            .setMessage(text(body))
            .setWorker(settings.worker());
    String stack = text(body);
    if (!stack.isEmpty()) {
      failure.addAllStack(Arrays.asList(stack.split("\n", -1)));
    }
    return failure;
  }

  private static String text(ByteBuffer body) {
    byte[] utf8 = new byte[body.getInt()];
    body.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  /** The token in {@link Frames#HELLO}. */
  static String token(ByteBuffer body) {
    return StandardCharsets.US_ASCII.decode(body).toString();
  }
}
