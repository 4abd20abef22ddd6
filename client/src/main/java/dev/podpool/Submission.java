package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.function.EncodeException;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.function.internal.PayloadReader;
import dev.podpool.function.internal.PayloadWriter;
import dev.podpool.internal.BlobStore;
import dev.podpool.protocol.AddItems;
import dev.podpool.protocol.EndItems;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.SubmitJob;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hands in a job and its inputs, encoded, in as few operations as are sensible. For one thread at a
 * time.
 */
final class Submission {

  private static final int ITEMS_PER_OPERATION_MAX = 16_384;
  private static final int BYTES_PER_OPERATION_TARGET = 256 << 10;
  // What is put is forgotten if nothing refers to it for ten minutes.
  private static final long BLOB_BYTES_PER_OPERATION_TARGET = 64 << 20;

  private final PoolClient client;
  private final ByteString jobId;
  private final CapturedFunction function;
  private final PayloadWriter gathered = new PayloadWriter();
  // Indexes among the gathered of those that are blobs.
  private final List<Integer> blobs = new ArrayList<>();
  private long blobBytes;
  private final @Nullable BlobStore store;
  private long sent;

  /**
   * A job's.
   *
   * @throws dev.podpool.function.CaptureException if the function can't run in the pool
   */
  Submission(PoolClient client, ByteString jobId, CapturedFunction function) {
    this.client = client;
    this.jobId = jobId;
    this.function = function;
    this.store = client.backend().blobs();
    client.backend().admit(jobId, function);
  }

  /**
   * Hands in {@code job} with all of its inputs. If this throws, the job has ended.
   *
   * @throws EncodeException if an input can't be encoded
   */
  void submit(Job job, JobOptions options, int chunk, Collection<?> inputs) {
    begin(job, () -> send(inputs.iterator(), job, submission(options, chunk)));
  }

  private void begin(Job job, Runnable submit) {
    client.begin(job);
    boolean done = false;
    try {
      submit.run();
      done = true;
    } finally {
      if (!done) {
        job.fail(() -> new PodpoolException("the job could not be submitted"));
      }
    }
  }

  private void send(Iterator<?> inputs, Job job, SubmitJob.Builder first) {
    do {
      while (inputs.hasNext() && !isFull()) {
        gather(inputs.next());
      }
      if (job.hasEnded()) {
        return;
      }
      boolean complete = !inputs.hasNext();
      if (sent == 0) {
        send(job, first.setInputs(take()).setComplete(complete));
      } else {
        sendGathered(complete);
      }
    } while (inputs.hasNext());
  }

  /**
   * Hands in {@code job} without inputs; they follow, and it ends with the session. If this throws,
   * the job has ended.
   */
  void open(Job job, JobOptions options, int chunk) {
    begin(
        job,
        () ->
            send(
                job,
                submission(options, chunk)
                    .setInputs(Payloads.getDefaultInstance())
                    .setDiscardConfirmed(true)
                    .setWithSession(true)));
  }

  /** Whether what is gathered should be sent. */
  boolean isFull() {
    return gathered.count() >= ITEMS_PER_OPERATION_MAX
        || gathered.sizeBytes() >= BYTES_PER_OPERATION_TARGET
        || blobBytes >= BLOB_BYTES_PER_OPERATION_TARGET;
  }

  /**
   * Encodes the next input; puts it, and blocks for that, if it is large.
   *
   * @throws EncodeException if it can't be; those gathered before are still there
   * @throws PodpoolException if it can't be put
   */
  void gather(@Nullable Object input) {
    int before = gathered.sizeBytes();
    encode(input);
    if (store != null && gathered.sizeBytes() - before > store.inlineBytesMax()) {
      put(store, before);
    }
  }

  /** Puts what was gathered last, and leaves its name in its place. */
  private void put(BlobStore into, int before) {
    PayloadReader last =
        new PayloadReader(gathered.buffer(), before, gathered.sizeBytes() - before);
    if (!last.next() || last.length() <= into.inlineBytesMax()) {
      return;
    }
    int index = gathered.count() - 1;
    byte[] payload =
        Arrays.copyOfRange(last.buffer(), last.offset(), last.offset() + last.length());
    gathered.cut(index, before);
    byte[] name = into.put(payload).toByteArray();
    gathered.append(name, 0, name.length);
    blobs.add(index);
    blobBytes += payload.length;
  }

  private void encode(@Nullable Object input) {
    try {
      client.atQueue(
          () -> {
            function.arguments().encode(input, gathered);
            return input;
          });
    } catch (EncodeException e) {
      throw new EncodeException("input " + taken() + ": " + e.getMessage(), e);
    } catch (ClassCastException e) {
      throw new EncodeException(
          "input " + taken() + " is not a " + function.argumentTypes() + ": " + e.getMessage(), e);
    }
  }

  /** Number of inputs that were encoded. */
  long taken() {
    return sent + gathered.count();
  }

  /** Inputs that were encoded, and not sent. */
  int gathered() {
    return gathered.count();
  }

  void sendGathered(boolean complete) {
    AddItems.Builder items = AddItems.newBuilder().setJobId(jobId).setFirst(sent);
    client.send(
        Operation.newBuilder().setAddItems(items.setInputs(take()).setComplete(complete)).build());
  }

  /** No more inputs will come. */
  void end() {
    client.send(Operation.newBuilder().setEndItems(EndItems.newBuilder().setJobId(jobId)).build());
  }

  private void send(Job job, SubmitJob.Builder submission) {
    client.send(Operation.newBuilder().setSubmitJob(submission).build());
    if (job.hasEnded()) {
      // By another thread, whose release may have gone before the job.
      job.giveUp();
    }
  }

  private SubmitJob.Builder submission(JobOptions options, int chunk) {
    SubmitJob.Builder submission =
        SubmitJob.newBuilder()
            .setJobId(jobId)
            .setPool(client.backend().pool())
            .setFunction(ByteString.copyFrom(function.reference()))
            .setFunctionName(function.name())
            .setPriority(options.priority())
            .setMaxAttempts(options.maxAttempts())
            .setChunk(chunk)
            .addAllCode(client.backend().code());
    Duration itemTimeout =
        options.itemTimeout() != null ? options.itemTimeout() : client.backend().itemTimeout();
    if (itemTimeout != null) {
      submission.setItemTimeoutMillis(JobOptions.millis(itemTimeout));
    }
    if (options.deadline() != null) {
      submission.setDeadlineMillis(JobOptions.millis(options.deadline()));
    }
    if (options.retention() != null) {
      submission.setRetentionMillis(JobOptions.millis(options.retention()));
    }
    return submission;
  }

  private Payloads take() {
    Payloads payloads =
        Payloads.newBuilder()
            .setCount(gathered.count())
            .setData(ByteString.copyFrom(gathered.buffer(), 0, gathered.sizeBytes()))
            .addAllBlobs(blobs)
            .build();
    blobs.clear();
    blobBytes = 0;
    sent += gathered.count();
    gathered.reset();
    return payloads;
  }
}
