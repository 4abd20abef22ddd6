package dev.podpool.queue.front;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Batch;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.JobsQuery;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Refused;
import dev.podpool.protocol.Request;
import dev.podpool.queue.QueueMachine;
import dev.podpool.queue.loop.QueueLoop;
import dev.podpool.session.ProcessOperations;
import dev.podpool.session.RandomId;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what: which right each call, and each operation of a session, needs. What is asked
 * about an owner is never asked further.
 */
final class Access {

  /** Rights of which one is enough; asked in this order until one is there. */
  record Entitling(List<Right> rights) {
    static Entitling of(Right... rights) {
      return new Entitling(List.of(rights));
    }

    Entitling first(Right right) {
      if (rights.get(0) == right || !rights.contains(right)) {
        return this;
      }
      List<Right> sorted = new ArrayList<>(rights);
      sorted.remove(right);
      sorted.add(0, right);
      return new Entitling(sorted);
    }
  }

  /**
   * Whether one of several rights is there.
   *
   * @param by the one that is, where there is one
   */
  record Entitled(Verdict verdict, @Nullable Right by) {}

  /**
   * What may come in of a request.
   *
   * @param end what its call is ended with instead; OK for not at all
   */
  record Checked(Request request, Status end) {}

  /**
   * What an operation needs.
   *
   * @param own where it needs less: the job that it is about, if that is the caller's own
   * @param isOfProcess whether it may be about a process: a worker may send it in a session of its
   *     pool, where the queue lets pass what is about processes that were started there
   */
  private record Need(Entitling rights, @Nullable ByteString own, boolean isOfProcess) {
    static Need of(Entitling rights) {
      return new Need(rights, null, false);
    }

    /** Of a job, by whoever may do that to all, or has handed it in. */
    static Need ofJob(Entitling rights, ByteString job) {
      return new Need(rights, job, true);
    }

    static Need ofProcess(Entitling rights) {
      return new Need(rights, null, true);
    }
  }

  private static final Entitling WORK = Entitling.of(Right.WORK);
  private static final Entitling SUBMIT = Entitling.of(Right.SUBMIT);
  private static final Entitling READ = Entitling.of(Right.READ);
  private static final Entitling CANCEL = Entitling.of(Right.CANCEL);
  private static final Entitling MANAGE = Entitling.of(Right.MANAGE);
  private static final Entitling PUT = Entitling.of(Right.SUBMIT, Right.WORK);
  // Who may start processes may end any, as those are pods of one namespace that they may fill; and
  // so may the operator, for whoever deletes one.
  private static final Entitling SIGNAL = Entitling.of(Right.CANCEL, Right.SUBMIT, Right.MANAGE);
  // A worker whose initializer fails; the operator, of a process that can't come up.
  private static final Entitling FAIL = Entitling.of(Right.WORK, Right.MANAGE);
  // What a job's submitter shares with its workers.
  private static final Entitling SHARE = PUT;
  private static final Entitling TO_BE_CLIENT =
      Entitling.of(Right.SUBMIT, Right.MANAGE, Right.READ, Right.CANCEL);

  private static final int NONCE_BYTES = 16;
  private static final Pattern ORDINAL = Pattern.compile("[0-9]{1,6}");

  private final QueueLoop queue;

  Access(QueueLoop queue) {
    this.queue = queue;
  }

  /** What a call is ended with where the answer is {@code verdict}. */
  static Status status(Verdict verdict) {
    return switch (verdict.kind()) {
      case YES -> Status.OK;
      case NO -> Status.PERMISSION_DENIED.withDescription(verdict.why());
      case UNKNOWN -> Status.UNAVAILABLE.withDescription(verdict.why());
    };
  }

  /** Whether {@code caller} has one of {@code rights}; where not, it says so of the first two. */
  CompletableFuture<Entitled> anyOf(Caller caller, Entitling rights) {
    return anyOf(caller, rights.rights(), 0, Verdict.YES);
  }

  private CompletableFuture<Entitled> anyOf(
      Caller caller, List<Right> rights, int next, Verdict before) {
    Right right = rights.get(next);
    return caller
        .may(right)
        .thenCompose(
            verdict -> {
              if (verdict.isYes()) {
                return CompletableFuture.completedFuture(new Entitled(verdict, right));
              }
              Verdict said = both(before, verdict, next);
              return next + 1 < rights.size()
                  ? anyOf(caller, rights, next + 1, said)
                  : CompletableFuture.completedFuture(new Entitled(said, null));
            });
  }

  private static Verdict both(Verdict before, Verdict verdict, int number) {
    if (number == 0 || before.kind() == Verdict.Kind.UNKNOWN) {
      return number == 0 ? verdict : before;
    }
    if (verdict.kind() == Verdict.Kind.UNKNOWN) {
      return verdict; // one that can't be told might be there
    }
    return number == 1 ? Verdict.no(before.why() + "; and " + verdict.why()) : before;
  }

  // ---- in a session

  /** {@code request} with a refusal in the place of each operation that its sender may not send. */
  CompletableFuture<Checked> check(Request request, Gate.Admitted by) {
    if (by.caller().isOwner()) {
      return passed(request);
    }
    if (request.hasOpen()) {
      return checkOpening(request, request.getOpen(), by.caller());
    }
    return checkOperations(request, by);
  }

  /**
   * Whether {@code caller} may go on with the session that was opened so. The workers of a queue
   * have one name, so that alone is no right to the session of one of them, or of its children.
   */
  static boolean mayResume(Caller caller, OpenSession opened) {
    return opened.getPrincipal().equals(caller.principal())
        && (caller.isOwner() || !isOfPool(opened) || notOfThePod(caller, opened) == null);
  }

  private static boolean isOfPool(@Nullable OpenSession opened) {
    return opened != null && (!opened.getPool().isEmpty() || !opened.getWorker().isEmpty());
  }

  private CompletableFuture<Checked> checkOpening(
      Request request, OpenSession open, Caller caller) {
    boolean isOfPool = isOfPool(open);
    return anyOf(caller, isOfPool ? WORK : TO_BE_CLIENT)
        .thenCompose(
            entitled -> {
              if (!entitled.verdict().isYes()) {
                return ended(entitled.verdict());
              }
              String why = isOfPool ? notOfThePod(caller, open) : null;
              return why == null ? passed(request) : ended(Verdict.no(why));
            });
  }

  /**
   * Why {@code caller} is not the pod of the session {@code opened}, which is a worker's, or that
   * of one of its children, or not of its pool; null where it is.
   */
  private static @Nullable String notOfThePod(Caller caller, OpenSession opened) {
    String why =
        opened.getWorker().isEmpty() ? notOfAChild(caller, opened) : notTheWorker(caller, opened);
    Caller.Pod pod = caller.pod();
    return why != null || pod == null || isOf(pod.name(), opened.getPool())
        ? why
        : "pod %s is none of pool '%s': those are named %s-N, and that of a process as the process"
            .formatted(pod.name(), opened.getPool(), opened.getPool());
  }

  /** As the operator names them. */
  private static boolean isOf(String pod, String pool) {
    boolean isProcess = pool.startsWith(ProcessOperations.PREFIX) && pod.equals(pool);
    return isProcess
        || (pod.startsWith(pool + "-")
            && ORDINAL.matcher(pod.substring(pool.length() + 1)).matches());
  }

  /** Sessions of a worker's children begin with half of its own nonce, and are clients'. */
  private static @Nullable String notOfAChild(Caller caller, OpenSession opened) {
    Caller.Pod pod = caller.pod();
    if (pod == null) {
      return caller.principal()
          + " shows a token that is bound to no pod, and so can't speak for a process of pool "
          + opened.getPool()
          + ": use the one of a projected volume in the worker's pod";
    }
    ByteString nonce = opened.getNonce();
    return nonce.size() == NONCE_BYTES && beginsWith(nonce, pod.uid())
        ? null
        : "the token of pod %s (uid %s) is no right to speak for another pod's process"
            .formatted(pod.name(), pod.uid());
  }

  private static boolean beginsWith(ByteString nonce, String podUid) {
    ByteString half = half(podUid);
    return half != null && nonce.startsWith(half) && !isThatOf(podUid, nonce);
  }

  /** What the nonces of a worker's children begin with; null: that is no uid. */
  private static @Nullable ByteString half(String podUid) {
    try {
      return RandomId.of(UUID.fromString(podUid)).substring(0, NONCE_BYTES / 2);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Why {@code caller} is not the worker of the session {@code opened}; null where it is. */
  private static @Nullable String notTheWorker(Caller caller, OpenSession opened) {
    Caller.Pod pod = caller.pod();
    if (pod == null) {
      return caller.principal()
          + " shows a token that is bound to no pod, and so can't be worker "
          + opened.getWorker()
          + ": use the one of a projected volume in the worker's pod";
    }
    if (pod.name().equals(opened.getWorker()) && isThatOf(pod.uid(), opened.getNonce())) {
      return null;
    }
    return "the token of pod %s (uid %s) is no right to be worker %s, or another pod of that name"
        .formatted(pod.name(), pod.uid(), opened.getWorker());
  }

  private static boolean isThatOf(String podUid, ByteString nonce) {
    try {
      return RandomId.of(UUID.fromString(podUid)).equals(nonce);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static CompletableFuture<Checked> passed(Request request) {
    return CompletableFuture.completedFuture(new Checked(request, Status.OK));
  }

  private static CompletableFuture<Checked> ended(Verdict verdict) {
    return CompletableFuture.completedFuture(
        new Checked(Request.getDefaultInstance(), status(verdict)));
  }

  // ---- operations

  private static @Nullable Need need(Operation operation) {
    return switch (operation.getKindCase()) {
      case DEFINE_POOL ->
          operation.getDefinePool().hasProcess() ? Need.ofProcess(SUBMIT) : Need.of(MANAGE);
      case SIGNAL_PROCESS -> Need.ofProcess(SIGNAL);
      case DELETE_POOL, CORDON_WORKER, REPORT_WORKER_END -> Need.of(MANAGE);
      case SUBMIT_JOB -> Need.ofProcess(SUBMIT);
      case ADD_ITEMS, END_ITEMS -> Need.of(SUBMIT);
      case JOIN_POOL -> Need.of(READ);
      // Submitting a job is watching it.
      case WATCH_JOB -> Need.ofJob(READ, operation.getWatchJob().getJobId());
      case CANCEL_JOB -> Need.ofJob(CANCEL, operation.getCancelJob().getJobId());
      case RELEASE_JOB -> Need.ofJob(CANCEL, operation.getReleaseJob().getJobId());
      case RETRY_DEAD, DROP_DEAD -> Need.of(CANCEL);
      case GIVE_CREDIT, REPORT_ITEMS, REPORT_PROCESS -> Need.of(WORK);
      case REPORT_POOL_FAILURE -> Need.of(FAIL);
      case PUT_BLOB -> Need.of(PUT);
      case OPEN_OBJECT,
          DELETE_OBJECT,
          ACQUIRE_LOCK,
          RELEASE_LOCK,
          ACQUIRE_PERMITS,
          RELEASE_PERMITS,
          SET_EVENT,
          AWAIT_EVENT,
          AWAIT_CONDITION,
          SIGNAL_CONDITION,
          AWAIT_BARRIER,
          BREAK_BARRIER,
          PUT_ITEMS,
          TAKE_ITEM,
          CONFIRM_ITEM,
          TASK_DONE,
          JOIN_QUEUE,
          CLOSE_QUEUE,
          HOLD_END,
          CLOSE_END,
          SEND_MESSAGE,
          RECEIVE_MESSAGE,
          CONFIRM_MESSAGE,
          CHANGE_MAP,
          CHANGE_LIST,
          CHANGE_VALUE,
          NAME_QUEUE ->
          Need.of(SHARE);
      // About the session itself; or refused to whoever sends it.
      case CLOSE_SESSION,
          CONFIRM_RESULTS,
          OPEN_SESSION,
          EXPIRE_SESSION,
          TICK,
          RAISE_LEVEL,
          REFUSED,
          CANCEL_WAIT,
          KIND_NOT_SET ->
          null;
    };
  }

  private CompletableFuture<Checked> checkOperations(Request request, Gate.Admitted by) {
    Batch batch = request.getBatch();
    @Nullable Need[] needs = new Need[batch.getOperationsCount()];
    Set<Entitling> questions = new LinkedHashSet<>();
    for (int i = 0; i < needs.length; i++) {
      Need need = need(batch.getOperations(i));
      needs[i] = need;
      if (need != null) {
        questions.add(need.rights());
      }
    }
    if (questions.isEmpty()) {
      return passed(request);
    }
    return answers(questions, by)
        .thenCompose(
            answers ->
                answers.values().stream().allMatch(Verdict::isYes)
                    ? passed(request)
                    : exempt(batch.getSession(), needs, answers, by.caller())
                        .thenApply(exempt -> refuse(request, needs, answers, exempt)));
  }

  private CompletableFuture<Map<Entitling, Verdict>> answers(
      Set<Entitling> questions, Gate.Admitted by) {
    Map<Entitling, CompletableFuture<Entitled>> asked = new HashMap<>();
    for (Entitling question : questions) {
      asked.put(question, anyOf(by.caller(), question.first(by.by())));
    }
    return CompletableFuture.allOf(asked.values().toArray(CompletableFuture[]::new))
        .thenApply(
            done -> {
              Map<Entitling, Verdict> answers = new HashMap<>();
              asked.forEach((question, answer) -> answers.put(question, answer.join().verdict()));
              return answers;
            });
  }

  /** Those for which there is no right, and that may come in all the same. */
  private CompletableFuture<Set<Need>> exempt(
      long session, @Nullable Need[] needs, Map<Entitling, Verdict> answers, Caller caller) {
    Set<Need> lacking = new LinkedHashSet<>();
    for (Need need : needs) {
      if (need != null && !answers.getOrDefault(need.rights(), Verdict.YES).isYes()) {
        lacking.add(need);
      }
    }
    if (lacking.stream().noneMatch(need -> need.own() != null || need.isOfProcess())) {
      return CompletableFuture.completedFuture(Set.of());
    }
    return caller
        .may(Right.SUBMIT)
        .thenCompose(
            submit ->
                caller
                    .may(Right.WORK)
                    .thenCompose(
                        work ->
                            queue.look(
                                machine -> {
                                  boolean atWork =
                                      work.isYes() && isOfPool(machine.opened(session));
                                  lacking.removeIf(
                                      need ->
                                          !(need.isOfProcess() && atWork)
                                              && !(submit.isYes() && isOwn(need, caller, machine)));
                                  return lacking;
                                })));
  }

  private static boolean isOwn(Need need, Caller caller, QueueMachine machine) {
    return need.own() != null && !isOthers(need.own(), caller.principal(), machine);
  }

  /**
   * One that is not there yet is nobody's: its submission may be on its way in the same entry, and
   * its id is random, so nobody knows another's.
   */
  private static boolean isOthers(ByteString job, String principal, QueueMachine machine) {
    return machine
        .read(ReadRequest.newBuilder().setJobs(JobsQuery.newBuilder().setJobId(job)).build())
        .getJobs()
        .getJobsList()
        .stream()
        .anyMatch(status -> !status.getPrincipal().equals(principal));
  }

  private static Checked refuse(
      Request request, @Nullable Need[] needs, Map<Entitling, Verdict> answers, Set<Need> exempt) {
    Request.Builder changed = request.toBuilder();
    for (int i = 0; i < needs.length; i++) {
      Need need = needs[i];
      Verdict verdict =
          need == null ? Verdict.YES : answers.getOrDefault(need.rights(), Verdict.YES);
      if (verdict.isYes() || exempt.contains(need)) {
        continue;
      }
      if (verdict.kind() == Verdict.Kind.UNKNOWN) {
        // Sent again over the next connection, when it may be told.
        return new Checked(request, status(verdict));
      }
      Refusal.Builder refusal =
          Refusal.newBuilder().setCode(ErrorCode.PERMISSION_DENIED).setMessage(verdict.why());
      changed
          .getBatchBuilder()
          .setOperations(
              i, Operation.newBuilder().setRefused(Refused.newBuilder().setRefusal(refusal)));
    }
    return new Checked(changed.build(), Status.OK);
  }

  /**
   * Whether {@code caller}, who was let in by {@code right}, may ask {@code question}: a worker,
   * whose children use what is shared and start processes, asks about nothing else.
   */
  static boolean mayAsk(Right right, Caller caller, ReadRequest question, QueueMachine machine) {
    if (right != Right.WORK || question.hasObject() || question.hasObjects()) {
      return true;
    }
    Caller.Pod pod = caller.pod();
    ByteString half = pod == null ? null : half(pod.uid());
    String process = question.getPools().getPool();
    // One that is forgotten is asked about too, in order to know that.
    return half != null
        && !process.isEmpty()
        && (machine.status(process) == null || machine.isStartedBy(process, half));
  }

  /** Of one call each: what lets it in. */
  static Entitling toConverse() {
    return new Entitling(
        Arrays.asList(Right.WORK, Right.SUBMIT, Right.MANAGE, Right.READ, Right.CANCEL));
  }
}
