package dev.podpool;

import dev.podpool.function.RemoteBiFunction;
import dev.podpool.function.RemoteFunction;
import dev.podpool.function.RemoteFunction3;
import dev.podpool.function.RemoteFunction4;
import dev.podpool.function.RemoteSupplier;
import dev.podpool.function.Tuple2;
import dev.podpool.function.Tuple3;
import dev.podpool.function.Tuple4;
import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.internal.PoolBackend;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of processes that run functions: {@code multiprocessing.Pool}. Thread-safe.
 *
 * <pre>{@code
 * try (Pool pool = Pool.local(5)) {
 *   System.out.println(pool.map(Squares::square, List.of(1, 2, 3)));
 * }
 * }</pre>
 *
 * <p>Functions and their inputs are copied into a process, and results back: nothing is shared. A
 * function runs again if its process is lost, so make it idempotent. {@link RemoteFunction} says
 * which functions can travel.
 *
 * <p>{@code close} waits for what was submitted. (Python's {@code with} terminates instead.)
 */
public final class Pool implements AutoCloseable {

  private final PoolClient client;
  private final JobOptions options;

  private Pool(PoolClient client, JobOptions options) {
    this.client = client;
    this.options = options;
  }

  /** A pool on {@code backend}; for Podpool's own modules. */
  public static Pool on(PoolBackend backend) {
    return new Pool(new PoolClient(backend), JobOptions.defaults());
  }

  /** As {@link #on(PoolBackend)}; handles in results are of {@code objects}. */
  static Pool on(PoolBackend backend, ObjectLink objects) {
    return new Pool(new PoolClient(backend, objects), JobOptions.defaults());
  }

  /**
   * A pool of {@code workers} processes on this machine. They run on this JVM's Java, with its
   * class path, and end with it. Nothing needs to be running.
   *
   * @throws IllegalArgumentException if {@code workers} is below 1
   * @throws PodpoolException if {@code podpool-client-local} is not on the class path
   */
  public static Pool local(int workers) {
    return local(new PoolOptions().workers(workers));
  }

  /** A pool on this machine, as {@code options} say. */
  public static Pool local(PoolOptions options) {
    return on(Podpool.localRuntime().start(options));
  }

  /**
   * A pool without processes, for a debugger: each function runs in the thread that submits it,
   * before the call returns; {@code imap} runs them in the thread that reads the inputs. Inputs and
   * results are copied as always, and the first failure of a {@code map} cancels what comes behind
   * it. Time-outs, attempts and initializers need processes, and do nothing here.
   */
  public static Pool inline() {
    return on(new InlineBackend());
  }

  /** This pool, with {@code options} for the jobs submitted through the view. */
  public Pool with(JobOptions options) {
    return new Pool(client, options);
  }

  // ---- one call

  /** Runs {@code function} in a process and waits for its result. */
  public <O extends @Nullable Object> O apply(RemoteSupplier<O> function)
      throws InterruptedException {
    return await(applyAsync(function));
  }

  /**
   * Runs {@code function} with {@code a} in a process and waits for its result.
   *
   * @throws TaskFailedException if it failed; carries the remote stack
   */
  public <A extends @Nullable Object, O extends @Nullable Object> O apply(
      RemoteFunction<A, O> function, A a) throws InterruptedException {
    return await(applyAsync(function, a));
  }

  /** {@link #apply(RemoteFunction, Object)} of two arguments. */
  public <A extends @Nullable Object, B extends @Nullable Object, O extends @Nullable Object>
      O apply(RemoteBiFunction<A, B, O> function, A a, B b) throws InterruptedException {
    return await(applyAsync(function, a, b));
  }

  /** {@link #apply(RemoteFunction, Object)} of three arguments. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          O extends @Nullable Object>
      O apply(RemoteFunction3<A, B, C, O> function, A a, B b, C c) throws InterruptedException {
    return await(applyAsync(function, a, b, c));
  }

  /** {@link #apply(RemoteFunction, Object)} of four arguments. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          O extends @Nullable Object>
      O apply(RemoteFunction4<A, B, C, D, O> function, A a, B b, C c, D d)
          throws InterruptedException {
    return await(applyAsync(function, a, b, c, d));
  }

  /** Runs {@code function} in a process; does not wait. */
  public <O extends @Nullable Object> AsyncResult<O> applyAsync(RemoteSupplier<O> function) {
    return call(function, Collections.singletonList(null));
  }

  /** Runs {@code function} with {@code a} in a process; does not wait. */
  public <A extends @Nullable Object, O extends @Nullable Object> AsyncResult<O> applyAsync(
      RemoteFunction<A, O> function, A a) {
    return call(function, Collections.singletonList(a));
  }

  /** {@link #applyAsync(RemoteFunction, Object)} of two arguments. */
  public <A extends @Nullable Object, B extends @Nullable Object, O extends @Nullable Object>
      AsyncResult<O> applyAsync(RemoteBiFunction<A, B, O> function, A a, B b) {
    return call(function, List.of(new Tuple2<>(a, b)));
  }

  /** {@link #applyAsync(RemoteFunction, Object)} of three arguments. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          O extends @Nullable Object>
      AsyncResult<O> applyAsync(RemoteFunction3<A, B, C, O> function, A a, B b, C c) {
    return call(function, List.of(new Tuple3<>(a, b, c)));
  }

  /** {@link #applyAsync(RemoteFunction, Object)} of four arguments. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          O extends @Nullable Object>
      AsyncResult<O> applyAsync(RemoteFunction4<A, B, C, D, O> function, A a, B b, C c, D d) {
    return call(function, List.of(new Tuple4<>(a, b, c, d)));
  }

  // ---- many inputs, all results

  /**
   * Runs {@code function} on each input, on the pool's processes, and waits for the results.
   *
   * <p>A function may run more than once if its process is lost. If this throws, unfinished inputs
   * are cancelled; one already running may still finish.
   *
   * @param inputs copied
   * @return results in input order, unmodifiable; null exactly where the function returned null
   * @throws TaskFailedException if an input failed; carries the remote stack
   * @throws dev.podpool.function.EncodeException if an input can't travel
   */
  public <I extends @Nullable Object, O extends @Nullable Object> List<O> map(
      RemoteFunction<I, O> function, Collection<? extends I> inputs) throws InterruptedException {
    return await(mapAsync(function, inputs));
  }

  /** {@link #map}, without waiting. A callback gets the whole list, once. */
  public <I extends @Nullable Object, O extends @Nullable Object> AsyncResult<List<O>> mapAsync(
      RemoteFunction<I, O> function, Collection<? extends I> inputs) {
    return submitAll(function, inputs);
  }

  /** {@link #map} of a function of two arguments. */
  public <A extends @Nullable Object, B extends @Nullable Object, O extends @Nullable Object>
      List<O> starmap(RemoteBiFunction<A, B, O> function, Collection<Tuple2<A, B>> inputs)
          throws InterruptedException {
    return await(starmapAsync(function, inputs));
  }

  /** {@link #map} of a function of three arguments. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          O extends @Nullable Object>
      List<O> starmap(RemoteFunction3<A, B, C, O> function, Collection<Tuple3<A, B, C>> inputs)
          throws InterruptedException {
    return await(starmapAsync(function, inputs));
  }

  /** {@link #map} of a function of four arguments. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          O extends @Nullable Object>
      List<O> starmap(
          RemoteFunction4<A, B, C, D, O> function, Collection<Tuple4<A, B, C, D>> inputs)
          throws InterruptedException {
    return await(starmapAsync(function, inputs));
  }

  /** {@link #starmap(RemoteBiFunction, Collection)}, without waiting. */
  public <A extends @Nullable Object, B extends @Nullable Object, O extends @Nullable Object>
      AsyncResult<List<O>> starmapAsync(
          RemoteBiFunction<A, B, O> function, Collection<Tuple2<A, B>> inputs) {
    return submitAll(function, inputs);
  }

  /** {@link #starmap(RemoteFunction3, Collection)}, without waiting. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          O extends @Nullable Object>
      AsyncResult<List<O>> starmapAsync(
          RemoteFunction3<A, B, C, O> function, Collection<Tuple3<A, B, C>> inputs) {
    return submitAll(function, inputs);
  }

  /** {@link #starmap(RemoteFunction4, Collection)}, without waiting. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          O extends @Nullable Object>
      AsyncResult<List<O>> starmapAsync(
          RemoteFunction4<A, B, C, D, O> function, Collection<Tuple4<A, B, C, D>> inputs) {
    return submitAll(function, inputs);
  }

  // ---- inputs and results that flow

  /**
   * Runs {@code function} on each input; results in input order, as they come. Inputs may be
   * endless, and may wait for results.
   *
   * @param inputs read by a thread of the pool's, at most a {@linkplain JobOptions#withWindow
   *     window} ahead of the results that were read; those of a {@code Collection}, or of a {@link
   *     ReadyIterator}, travel together
   */
  public <I extends @Nullable Object, O extends @Nullable Object> Results<O> imap(
      RemoteFunction<I, O> function, Iterable<? extends I> inputs) {
    return flow(function, of(inputs), true);
  }

  /**
   * {@link #imap(RemoteFunction, Iterable)} of a stream, which is closed when it has been read, or
   * if this throws.
   */
  public <I extends @Nullable Object, O extends @Nullable Object> Results<O> imap(
      RemoteFunction<I, O> function, Stream<? extends I> inputs) {
    return flow(function, of(inputs), true);
  }

  /** {@link #imap(RemoteFunction, Iterable)}, with each result as soon as it is there. */
  public <I extends @Nullable Object, O extends @Nullable Object> Results<O> imapUnordered(
      RemoteFunction<I, O> function, Iterable<? extends I> inputs) {
    return flow(function, of(inputs), false);
  }

  /** {@link #imap(RemoteFunction, Stream)}, with each result as soon as it is there. */
  public <I extends @Nullable Object, O extends @Nullable Object> Results<O> imapUnordered(
      RemoteFunction<I, O> function, Stream<? extends I> inputs) {
    return flow(function, of(inputs), false);
  }

  private static ImapJob.Inputs of(Iterable<?> inputs) {
    Iterator<?> iterator = inputs.iterator();
    BooleanSupplier isReady =
        iterator instanceof ReadyIterator<?> ready
            ? ready::isReady
            : () -> inputs instanceof Collection;
    return new ImapJob.Inputs(iterator, isReady, () -> {});
  }

  private static ImapJob.Inputs of(Stream<?> inputs) {
    return new ImapJob.Inputs(inputs.iterator(), () -> false, inputs::close);
  }

  private <O extends @Nullable Object> Results<O> flow(
      Serializable function, ImapJob.Inputs inputs, boolean ordered) {
    boolean started = false;
    try {
      client.checkOpen();
      CapturedFunction captured = client.atQueue(() -> Capture.capture(function));
      ImapJob job = new ImapJob(client, captured, inputs, ordered, options.window());
      job.submit(options, Math.max(1, options.chunkSize()));
      started = true;
      return new Results<>(job, captured.result());
    } finally {
      if (!started) {
        inputs.close().run();
      }
    }
  }

  // ---- submitting

  @SuppressWarnings("unchecked")
  private <O extends @Nullable Object> AsyncResult<O> call(
      Serializable function, List<?> oneInput) {
    return submit(function, oneInput, results -> (O) results.get(0));
  }

  @SuppressWarnings("unchecked")
  private <O extends @Nullable Object> AsyncResult<List<O>> submitAll(
      Serializable function, Collection<?> inputs) {
    return submit(function, new ArrayList<>(inputs), results -> (List<O>) results);
  }

  /**
   * Runs {@code function} on {@code inputs}, a copy; {@code results} makes of the list what is
   * wanted.
   */
  <T extends @Nullable Object> AsyncResult<T> submit(
      Serializable function, List<?> inputs, Function<List<?>, T> results) {
    client.checkOpen();
    CapturedFunction captured = client.atQueue(() -> Capture.capture(function));
    int items = inputs.size();
    MapJob.Role role = options.retention() == null ? MapJob.Role.OWNER : MapJob.Role.KEEPER;
    MapJob job = new MapJob(client, items, role);
    new Submission(client, job.id, captured).submit(job, options, chunk(items), inputs);
    return new AsyncResult<>(
        job, outcomes -> results.apply(client.decode(outcomes, captured.result())));
  }

  /** As multiprocessing: four chunks for each process. */
  private int chunk(int items) {
    if (options.chunkSize() > 0 || items <= 1) {
      return Math.max(1, options.chunkSize());
    }
    int chunks = 4 * client.backend().slots();
    return Math.max(1, (items + chunks - 1) / chunks);
  }

  private static <T extends @Nullable Object> T await(AsyncResult<T> result)
      throws InterruptedException {
    try {
      return result.value();
    } catch (InterruptedException e) {
      result.cancel(true);
      throw e;
    }
  }

  // ---- ending

  /**
   * Takes no more work; what was submitted goes on, and when it has ended so do the processes.
   * Again: does nothing.
   */
  public void shutdown() {
    client.shutdown();
  }

  /**
   * Waits until everything that was submitted has ended, the processes are gone, and all callbacks
   * have run; from a callback, not for the callbacks. However long that takes. {@code imap}s that
   * have not been read to their end are given up.
   *
   * @throws IllegalStateException if the pool was not shut down first
   */
  public void join() throws InterruptedException {
    if (client.isOpen()) {
      throw new IllegalStateException("the pool is still open; shut it down before joining it");
    }
    client.jobs().forEach(Job::onPoolClosing);
    while (!client.awaitEnd(Long.MAX_VALUE)) {
      // 292 years
    }
  }

  /**
   * Cancels everything that has not ended, kills the processes and waits until they are gone, but
   * not for callbacks. Again: does nothing.
   */
  public void terminate() {
    client.shutdown();
    client
        .jobs()
        .forEach(job -> job.fail(() -> new CancellationException("the pool was terminated")));
    client.awaitClosed();
  }

  /** {@link #shutdown}, then {@link #join}. If the thread is interrupted, {@link #terminate}. */
  @Override
  public void close() {
    shutdown();
    try {
      join();
    } catch (InterruptedException e) {
      terminate();
      Thread.currentThread().interrupt();
    }
  }

  /**
   * This pool as an executor. What is submitted must be able to travel: a {@link RemoteSupplier},
   * or a lambda cast to {@code Callable & Serializable}.
   */
  public ExecutorService asExecutorService() {
    return new PoolExecutorService(this);
  }

  PoolClient client() {
    return client;
  }
}
