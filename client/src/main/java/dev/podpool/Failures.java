package dev.podpool;

import dev.podpool.protocol.Ended;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.WorkerLoss;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an outcome without a result looks like to the caller. */
final class Failures {

  private static final Pattern FRAME =
      Pattern.compile("\\s*(?:at )?(.+)\\.([^.(]+)\\(([^:()]*)(?::(\\d{1,9}))?\\)");
  private static final Set<String> OWN =
      Set.of(
          Failures.class.getName(),
          AsyncResult.class.getName(),
          Decoder.class.getName(),
          MapJob.class.getName(),
          Pool.class.getName(),
          Results.class.getName());
  private static final String CAUSED_BY = "Caused by: ";

  private Failures() {}

  /**
   * The exception for {@code outcome}, which is no success, at {@code index} of {@code total}
   * items. Thrown from where this is called.
   */
  static RuntimeException of(Outcome outcome, long index, long total) {
    String item = total == 1 ? "the task" : "item " + index + " of " + total;
    return switch (outcome.getKindCase()) {
      case FAILED -> failed(outcome.getFailed(), index, item);
      case ENDED -> ended(outcome.getEnded(), index, item);
      default -> throw new IllegalStateException("not a failure: " + outcome.getKindCase());
    };
  }

  private static RuntimeException ended(Ended ended, long index, String item) {
    if (ended.getState() == ItemState.DEAD) {
      WorkerLoss loss = ended.getLoss();
      return withoutOwnFrames(
          new WorkerLostException(
              index,
              loss.getExitCode(),
              item
                  + " killed its worker "
                  + times(loss.getCharged())
                  + " ("
                  + describe(loss)
                  + "), and was given up. Its neighbours are not affected. Mend the function, give"
                  + " its workers more memory, or allow more attempts."));
    }
    if (ended.getState() == ItemState.EXPIRED) {
      return withoutOwnFrames(
          new TaskFailedException(
              index,
              TaskFailedException.Kind.EXPIRED,
              "",
              item + " had not ended when its job's deadline passed; allow more time",
              null));
    }
    return new CancellationException(item + " was cancelled");
  }

  private static String times(int count) {
    return count == 1 ? "once" : count == 2 ? "twice" : count + " times";
  }

  private static String describe(WorkerLoss loss) {
    String exit = "exit " + loss.getExitCode();
    if (loss.getCause().isEmpty() || loss.getCause().equals(exit)) {
      return exit;
    }
    return loss.getExitCode() == 0 ? loss.getCause() : exit + ", " + loss.getCause();
  }

  private static TaskFailedException failed(Failure failure, long index, String item) {
    List<String> lines = failure.getStackList();
    int causeAt = indexOfCause(lines, 0);
    boolean isOfPool = failure.getAttempt() == 0; // and not of an item's run
    String prefix = item;
    if (!failure.getWorker().isEmpty()) {
      prefix = "worker " + failure.getWorker();
      prefix += isOfPool ? "" : ", attempt " + failure.getAttempt();
    }
    String what =
        switch (failure.getKind()) {
          case TIMED_OUT, CODE_MISMATCH, FUNCTION_NOT_FOUND -> failure.getMessage();
          default ->
              isOfPool
                      || failure.getType().isEmpty()
                      || failure.getMessage().startsWith(failure.getType())
                  ? failure.getMessage()
                  : failure.getMessage().isEmpty()
                      ? failure.getType()
                      : failure.getType() + ": " + failure.getMessage();
        };
    TaskFailedException exception =
        new TaskFailedException(
            index,
            kind(failure),
            failure.getType(),
            item + " failed: " + what,
            causeAt < lines.size() ? cause(lines, causeAt) : null);
    withoutOwnFrames(exception);
    List<StackTraceElement> stack = new ArrayList<>(frames(lines.subList(0, causeAt), prefix));
    stack.addAll(List.of(exception.getStackTrace()));
    exception.setStackTrace(stack.toArray(StackTraceElement[]::new));
    return exception;
  }

  private static TaskFailedException.Kind kind(Failure failure) {
    return switch (failure.getKind()) {
      case TIMED_OUT -> TaskFailedException.Kind.TIMED_OUT;
      case CODE_MISMATCH -> TaskFailedException.Kind.CODE_MISMATCH;
      case FUNCTION_NOT_FOUND -> TaskFailedException.Kind.FUNCTION_NOT_FOUND;
      case INPUT_NOT_DECODED -> TaskFailedException.Kind.INPUT_NOT_DECODED;
      case RESULT_NOT_ENCODED -> TaskFailedException.Kind.RESULT_NOT_ENCODED;
      case THREW, FAILURE_KIND_UNSPECIFIED, UNRECOGNIZED -> TaskFailedException.Kind.THREW;
    };
  }

  private static int indexOfCause(List<String> lines, int from) {
    int at = from;
    while (at < lines.size() && !lines.get(at).strip().startsWith(CAUSED_BY)) {
      at++;
    }
    return at;
  }

  private static RemoteException cause(List<String> lines, int at) {
    int next = indexOfCause(lines, at + 1);
    String description = lines.get(at).strip().substring(CAUSED_BY.length());
    RemoteException cause =
        new RemoteException(
            description,
            frames(lines.subList(at + 1, next), null).toArray(StackTraceElement[]::new));
    if (next < lines.size()) {
      cause.initCause(cause(lines, next));
    }
    return cause;
  }

  /** Remote frames as elements; the first says in which worker, where {@code prefix} does. */
  private static List<StackTraceElement> frames(List<String> lines, @Nullable String prefix) {
    List<StackTraceElement> frames = new ArrayList<>();
    for (String line : lines) {
      Matcher frame = FRAME.matcher(line);
      if (!frame.matches()) {
        continue; // "... 12 more"
      }
      String declaring = frame.group(1);
      if (frames.isEmpty() && prefix != null) {
        declaring = prefix + ": " + declaring;
      }
      int number =
          frame.group(4) != null
              ? Integer.parseInt(frame.group(4))
              : frame.group(3).equals("Native Method") ? -2 : -1;
      String file = number == -2 || frame.group(3).equals("Unknown Source") ? null : frame.group(3);
      frames.add(new StackTraceElement(declaring, frame.group(2), file, number));
    }
    return frames;
  }

  /** The caller's frames, without those inside Podpool. */
  private static <T extends Throwable> T withoutOwnFrames(T exception) {
    StackTraceElement[] stack = exception.getStackTrace();
    int own = 0;
    while (own < stack.length && isOwn(stack[own])) {
      own++;
    }
    exception.setStackTrace(
        List.of(stack).subList(own, stack.length).toArray(StackTraceElement[]::new));
    return exception;
  }

  private static boolean isOwn(StackTraceElement frame) {
    String name = frame.getClassName();
    int inner = name.indexOf('$');
    return OWN.contains(inner < 0 ? name : name.substring(0, inner))
        || name.startsWith("java.util.concurrent.");
  }
}
