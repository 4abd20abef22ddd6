package dev.podpool;

import com.google.protobuf.ByteString;
import dev.podpool.function.CodeMismatchException;
import dev.podpool.function.DecodeException;
import dev.podpool.function.EncodeException;
import dev.podpool.function.FunctionNotFoundException;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.function.internal.FailureText;
import dev.podpool.function.internal.FunctionReference;
import dev.podpool.function.internal.PayloadReader;
import dev.podpool.function.internal.PayloadWriter;
import dev.podpool.function.internal.ResolvedFunction;
import dev.podpool.internal.PoolBackend;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.protocol.JobResults;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.SubmitJob;
import dev.podpool.session.QueueSession;
import dev.podpool.session.SessionHandler;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Runs items where they are submitted: {@link Pool#inline}. */
final class InlineBackend implements PoolBackend {

  // Where the functions of jobs are that were admitted, and not submitted yet: a launcher may keep
  // them in a loader that is no thread's own.
  private final ConcurrentHashMap<ByteString, ClassLoader> loaders = new ConcurrentHashMap<>();

  @Override
  public String pool() {
    return "inline";
  }

  @Override
  public int slots() {
    return 1;
  }

  @Override
  public @Nullable Duration itemTimeout() {
    return null;
  }

  @Override
  public void admit(ByteString jobId, CapturedFunction function) {
    loaders.put(jobId, function.loader());
  }

  @Override
  public QueueSession open(SessionHandler handler) {
    return new Session(handler);
  }

  @Override
  public void close() {}

  private final class Session implements QueueSession {

    private final SessionHandler handler;
    private final ConcurrentHashMap<ByteString, Running> jobs = new ConcurrentHashMap<>();

    Session(SessionHandler handler) {
      this.handler = handler;
    }

    @Override
    public void send(Operation operation) {
      switch (operation.getKindCase()) {
        case SUBMIT_JOB -> {
          SubmitJob submit = operation.getSubmitJob();
          ClassLoader loader = loaders.remove(submit.getJobId());
          if (loader == null) {
            return; // released by another thread
          }
          Running job = new Running(submit, loader);
          jobs.put(submit.getJobId(), job);
          run(job, submit.getInputs(), submit.getComplete());
        }
        case ADD_ITEMS -> {
          Running job = jobs.get(operation.getAddItems().getJobId());
          if (job != null) {
            run(job, operation.getAddItems().getInputs(), operation.getAddItems().getComplete());
          }
        }
        case END_ITEMS -> {
          Running job = jobs.get(operation.getEndItems().getJobId());
          if (job != null) {
            run(job, Payloads.getDefaultInstance(), true);
          }
        }
        case CANCEL_JOB -> forget(operation.getCancelJob().getJobId());
        case RELEASE_JOB -> forget(operation.getReleaseJob().getJobId());
        default -> {} // confirmations
      }
    }

    private void forget(ByteString jobId) {
      loaders.remove(jobId);
      jobs.remove(jobId);
    }

    private void run(Running job, Payloads inputs, boolean complete) {
      PayloadReader reader = new PayloadReader(inputs.getData().toByteArray());
      while (reader.next() && jobs.containsKey(job.id)) {
        // One by one: the client may want no more after any of them.
        JobResults.Builder results = results(job);
        deliver(results.addOutcomes(job.run(reader)).setItems(job.ended));
      }
      if (complete) {
        deliver(results(job).setItems(job.ended).setLast(true));
      }
    }

    private static JobResults.Builder results(Running job) {
      return JobResults.newBuilder().setJobId(job.id).setPosition(job.ended);
    }

    private void deliver(JobResults.Builder results) {
      handler.onDelivery(Delivery.newBuilder().setJobResults(results).build());
    }
  }

  /** A job, and how far it is. Only its submitter's thread touches it. */
  private static final class Running {

    final ByteString id;
    private final byte[] reference;
    private final ClassLoader loader;
    private @Nullable ResolvedFunction function;
    long ended;

    Running(SubmitJob submit, ClassLoader loader) {
      this.loader = loader;
      this.id = submit.getJobId();
      this.reference = submit.getFunction().toByteArray();
    }

    Outcome run(PayloadReader input) {
      Outcome.Builder outcome = Outcome.newBuilder().setJobId(id).setFirst(ended++).setCount(1);
      PayloadWriter result = new PayloadWriter();
      FailureKind step = FailureKind.FUNCTION_NOT_FOUND;
      try {
        if (function == null) {
          function = FunctionReference.resolve(reference, loader);
        }
        Object argument = function.decode(input.buffer(), input.offset(), input.length());
        step = FailureKind.THREW;
        Object value = function.call(argument);
        step = FailureKind.RESULT_NOT_ENCODED;
        function.encode(value, result);
        return outcome
            .setSucceeded(
                Payloads.newBuilder()
                    .setCount(1)
                    .setData(ByteString.copyFrom(result.toByteArray())))
            .build();
      } catch (Throwable e) { // whatever user code throws
        if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        return outcome.setFailed(failure(e, step)).build();
      }
    }

    private static Failure failure(Throwable error, FailureKind step) {
      FailureText text = FailureText.of(error, InlineBackend.class.getName());
      return Failure.newBuilder()
          .setKind(kind(error, step))
          .setType(text.type())
          .setMessage(text.message())
          .setAttempt(1)
          .addAllStack(text.stack())
          .build();
    }

    private static FailureKind kind(Throwable error, FailureKind step) {
      if (step == FailureKind.THREW) {
        return step;
      }
      if (error instanceof CodeMismatchException) {
        return FailureKind.CODE_MISMATCH;
      }
      if (error instanceof FunctionNotFoundException) {
        return FailureKind.FUNCTION_NOT_FOUND;
      }
      if (error instanceof DecodeException) {
        return FailureKind.INPUT_NOT_DECODED;
      }
      return error instanceof EncodeException ? FailureKind.RESULT_NOT_ENCODED : step;
    }
  }
}
