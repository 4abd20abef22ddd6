package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.EncodeException;
import dev.podpool.function.ErasedTypeException;
import dev.podpool.function.TypeRef;
import java.io.EOFException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong is said with the value, the limit and the remedy, and changes nothing. */
@Timeout(60)
class WrongUseTest {

  private final Podpool podpool = Podpool.local();
  private final Podpool another = Podpool.local();

  @AfterEach
  void close() {
    podpool.close();
    another.close();
  }

  /** Makes what is used, and says what is wrong to do with it. */
  private interface Case {
    ThrowingCallable in(WrongUseTest test) throws Exception;
  }

  private static Arguments wrong(
      String what, Class<? extends Throwable> type, List<String> says, Case use) {
    return Arguments.of(Named.of(what, use), type, says);
  }

  /** All that there is to see of all objects. */
  private List<Object> state() {
    List<Object> state = new ArrayList<>();
    for (ObjectInfo.Kind kind : ObjectInfo.Kind.values()) {
      for (ObjectInfo object : podpool.objects(kind)) {
        state.add(object);
      }
    }
    state.add(podpool.lock("basket").status()); // with its token
    return state;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({
    "locks",
    "semaphores",
    "conditionsAndBarriers",
    "queues",
    "pipes",
    "maps",
    "listsAndArrays",
    "processes"
  })
  void itIsToldAndChangesNothing(Case use, Class<? extends Throwable> type, List<String> says)
      throws Exception {
    podpool.lock("basket");
    queue();
    map();
    words();
    list();
    array();
    ThrowingCallable wrong = use.in(this);
    List<Object> before = state();

    assertThatThrownBy(wrong)
        .isInstanceOf(type)
        .satisfies(e -> says.forEach(words -> assertThat(e).hasMessageContaining(words)));

    assertThat(state()).isEqualTo(before);
  }

  static Stream<Arguments> locks() {
    return Stream.of(
        wrong(
            "lock what is of a closed Podpool",
            PodpoolException.class,
            List.of("SESSION_CLOSED", "as its Podpool was; open another"),
            test -> {
              Podpool closed = Podpool.local();
              SharedLock lock = closed.lock("basket");
              closed.close();
              return lock::lock;
            }),
        wrong(
            "unlock what is not locked",
            IllegalMonitorStateException.class,
            List.of(
                "lock basket is not held by this handle", "lock it first (releaseAny() frees it"),
            test -> test.podpool.lock("basket")::unlock),
        wrong(
            "unlock twice",
            IllegalMonitorStateException.class,
            List.of("lock basket is not held by this handle"),
            test -> {
              SharedLock lock = test.podpool.lock("basket");
              lock.lock();
              lock.unlock();
              return lock::unlock;
            }),
        wrong(
            "unlock what another handle has locked",
            IllegalMonitorStateException.class,
            List.of("is not held by this handle", "releaseAny()"),
            test -> {
              test.podpool.lock("basket").lock();
              return test.podpool.lock("basket")::unlock;
            }),
        wrong(
            "unlock what was released by somebody else",
            LockLostException.class,
            List.of("lock 'basket' is not held by grant", "acquire it again"),
            test -> {
              SharedLock lock = test.podpool.lock("basket");
              lock.lock();
              test.podpool.lock("basket").releaseAny();
              test.podpool.lock("basket").lock();
              return lock::unlock;
            }),
        wrong(
            "release what nobody holds",
            IllegalMonitorStateException.class,
            List.of("lock 'basket' is not held", "acquire it before"),
            test -> test.podpool.lock("basket")::releaseAny),
        wrong(
            "ask for the token of what is not locked",
            IllegalMonitorStateException.class,
            List.of("is not held by this handle"),
            test -> test.podpool.lock("basket")::fencingToken),
        wrong(
            "unlock a reentrant lock too often",
            IllegalMonitorStateException.class,
            List.of("is not held by thread", "only the thread that has locked it"),
            test -> {
              SharedReentrantLock lock = test.podpool.reentrantLock("basket");
              lock.lock();
              lock.lock();
              lock.unlock();
              lock.unlock();
              return lock::unlock;
            }),
        wrong(
            "unlock a reentrant lock in another thread",
            IllegalMonitorStateException.class,
            List.of("is not held by thread"),
            test -> {
              SharedReentrantLock lock = test.podpool.reentrantLock("basket");
              Meanwhile.call(
                      () -> {
                        lock.lock();
                        return true;
                      })
                  .get();
              return lock::unlock;
            }),
        wrong(
            "keep it for no time",
            IllegalArgumentException.class,
            List.of("lock basket is to be kept for PT-1S", "more than 0, or delete() it"),
            test -> () -> test.podpool.lock("basket").keepFor(Duration.ofSeconds(-1))));
  }

  static Stream<Arguments> semaphores() {
    return Stream.of(
        wrong(
            "a semaphore of less than none",
            IllegalArgumentException.class,
            List.of("-1 permits", "at least 0"),
            test -> () -> test.podpool.semaphore("door", -1)),
        wrong(
            "acquire less than none",
            IllegalArgumentException.class,
            List.of("-1 permits", "at least 0"),
            test -> {
              SharedSemaphore door = test.podpool.semaphore("door", 1);
              return () -> door.acquire(-1);
            }),
        wrong(
            "release less than none",
            IllegalArgumentException.class,
            List.of("-1 permits", "at least 0"),
            test -> {
              SharedSemaphore door = test.podpool.semaphore("door", 1);
              return () -> door.release(-1);
            }),
        wrong(
            "release more than a bounded one has",
            IllegalStateException.class,
            List.of("at most 1 permits", "0 are held", "release only what was acquired"),
            test -> test.podpool.boundedSemaphore("door", 1)::release),
        wrong(
            "acquire more than a bounded one ever has",
            IllegalArgumentException.class,
            List.of("3 permits of semaphore 'door'", "it never has more than 2"),
            test -> {
              SharedSemaphore door = test.podpool.boundedSemaphore("door", 2);
              return () -> door.acquire(3);
            }),
        wrong(
            "another number of permits under the same name",
            PodpoolException.class,
            List.of("OBJECT_EXISTS", "semaphore 'door' exists", "take another name"),
            test -> {
              test.podpool.semaphore("door", 1);
              return () -> test.podpool.semaphore("door", 2);
            }),
        wrong(
            "a bounded one under the same name",
            PodpoolException.class,
            List.of("OBJECT_EXISTS", "semaphore 'door' exists"),
            test -> {
              test.podpool.semaphore("door", 1);
              return () -> test.podpool.boundedSemaphore("door", 1);
            }));
  }

  static Stream<Arguments> conditionsAndBarriers() {
    return Stream.of(
        wrong(
            "wait without the lock",
            IllegalMonitorStateException.class,
            List.of("lock basket is not held by this handle"),
            test -> test.condition()::await),
        wrong(
            "signal without the lock",
            IllegalMonitorStateException.class,
            List.of("lock basket is not held by this handle"),
            test -> test.condition()::signalAll),
        wrong(
            "signal none",
            IllegalArgumentException.class,
            List.of("0 to be signalled", "at least 1"),
            test -> {
              SharedCondition condition = test.condition();
              condition.lock().lock();
              return () -> condition.signal(0);
            }),
        wrong(
            "a condition of another queue's lock",
            IllegalArgumentException.class,
            List.of("lock basket is of another connection", "from one Podpool"),
            test -> () -> test.podpool.condition("full", test.another.lock("basket"))),
        wrong(
            "another lock under the same name",
            PodpoolException.class,
            List.of("OBJECT_EXISTS", "condition 'full' exists"),
            test -> {
              test.condition();
              SharedLock other = test.podpool.lock("other");
              return () -> test.podpool.condition("full", other);
            }),
        wrong(
            "a barrier of nobody",
            IllegalArgumentException.class,
            List.of("0 parties", "at least 1"),
            test -> () -> test.podpool.barrier("start", 0)),
        wrong(
            "other parties under the same name",
            PodpoolException.class,
            List.of("OBJECT_EXISTS", "barrier 'start' exists"),
            test -> {
              test.podpool.barrier("start", 2);
              return () -> test.podpool.barrier("start", 3);
            }),
        wrong(
            "wait at a broken barrier",
            BrokenBarrierException.class,
            List.of("barrier 'start' is broken", "reset it"),
            test -> {
              SharedBarrier barrier = test.podpool.barrier("start", 2);
              barrier.abort();
              return barrier::await;
            }));
  }

  private SharedCondition condition() {
    return podpool.condition("full", podpool.lock("basket"));
  }

  private static final String LARGE = "x".repeat(1 << 20);

  static Stream<Arguments> queues() {
    return Stream.of(
        wrong(
            "a maximum below none",
            IllegalArgumentException.class,
            List.of("maxSize -1 is below 0", "0 for no maximum"),
            test -> () -> test.podpool.queue("orders", String.class, -1)),
        wrong(
            "another maximum under the same name",
            PodpoolException.class,
            List.of("OBJECT_EXISTS", "queue 'orders' exists"),
            test -> {
              test.queue();
              return () -> test.podpool.queue("orders", String.class, 1);
            }),
        wrong(
            "a joinable one under the same name",
            PodpoolException.class,
            List.of("OBJECT_EXISTS", "queue 'orders' exists"),
            test -> {
              test.queue();
              return () -> test.podpool.joinableQueue("orders", String.class);
            }),
        wrong(
            "put into a closed one",
            QueueClosedException.class,
            List.of("queue 'orders' is closed, and 0 of 1 are in; put the rest into another"),
            test -> {
              test.queue().close();
              return () -> test.queue().put("a");
            }),
        wrong(
            "get from a closed one that is empty",
            QueueClosedException.class,
            List.of("queue 'orders' is closed", "all that was in it is taken"),
            test -> {
              test.queue().close();
              return () -> test.queue().get();
            }),
        wrong(
            "get what is not there",
            NoSuchElementException.class,
            List.of("queue orders is empty"),
            test -> () -> test.queue().getNowait()),
        wrong(
            "put what is too large",
            EncodeException.class,
            List.of("takes 1048578 bytes", "1048576 at most", "split it"),
            test -> () -> test.queue().put(LARGE)),
        wrong(
            "put what can't be encoded",
            EncodeException.class,
            List.of("Self"),
            test -> {
              SharedQueue<Self> queue = test.podpool.queue("selves", Self.class);
              return () -> queue.put(new Self());
            }),
        wrong(
            "a type that is not known",
            ErasedTypeException.class,
            List.of("T", "new TypeRef<…>() {} with all of its arguments"),
            test -> () -> erased(test.podpool)),
        wrong(
            "be done too often",
            IllegalStateException.class,
            List.of("taskDone() called too many times", "queue work", "get() first"),
            test -> {
              SharedJoinableQueue<String> queue = test.podpool.joinableQueue("work", String.class);
              queue.put("a");
              var unused = queue.get();
              queue.taskDone();
              return queue::taskDone;
            }),
        wrong(
            "drain into itself",
            IllegalArgumentException.class,
            List.of("queue orders can't be drained into itself"),
            test -> {
              var view = test.queue().asBlockingQueue();
              return () -> view.drainTo(view);
            }));
  }

  private SharedQueue<String> queue() {
    return podpool.queue("orders", String.class);
  }

  private static <T> SharedQueue<List<T>> erased(Podpool podpool) {
    return podpool.queue("lists", new TypeRef<List<T>>() {});
  }

  /** It can't be written as JSON. */
  static final class Self {
    public Self self = this;
  }

  static Stream<Arguments> pipes() {
    return Stream.of(
        wrong(
            "send the wrong way",
            UnsupportedOperationException.class,
            List.of("use the other end, or a duplex pipe"),
            test -> {
              Connection<String> end = test.podpool.pipe(String.class, false).first();
              return () -> end.send("a");
            }),
        wrong(
            "receive the wrong way",
            UnsupportedOperationException.class,
            List.of("use the other end, or a duplex pipe"),
            test -> test.podpool.pipe(String.class, false).second()::recv),
        wrong(
            "use a closed end",
            IllegalStateException.class,
            List.of("is closed"),
            test -> {
              Connection<String> end = test.podpool.pipe(String.class).first();
              end.close();
              return () -> end.send("a");
            }),
        wrong(
            "send to nobody",
            BrokenPipeException.class,
            List.of("PIPE_BROKEN", "nobody holds end 2"),
            test -> {
              Pipe<String> pipe = test.podpool.pipe(String.class);
              pipe.second().close();
              return () -> pipe.first().send("a");
            }),
        wrong(
            "receive from nobody",
            EOFException.class,
            List.of("PIPE_ENDED", "all was received at end 1"),
            test -> {
              Pipe<String> pipe = test.podpool.pipe(String.class);
              pipe.second().close();
              return pipe.first()::recv;
            }),
        wrong(
            "send what is too large",
            EncodeException.class,
            List.of("takes 1048578 bytes", "1048576 at most"),
            test -> {
              Connection<String> end = test.podpool.pipe(String.class).first();
              return () -> end.send(LARGE);
            }));
  }

  static Stream<Arguments> maps() {
    return Stream.of(
        wrong(
            "keys of a type that has no order",
            IllegalArgumentException.class,
            List.of("keys of type java.util.List", "take String, Long"),
            test -> () -> test.podpool.sharedMap("basket", List.class, String.class)),
        wrong(
            "no key",
            NullPointerException.class,
            List.of("a key of a shared map is null", "only values may be"),
            test -> () -> test.map().put(null, 1L)),
        wrong(
            "a key that is too long",
            IllegalArgumentException.class,
            List.of("a key takes 1026 bytes", "at most 1024", "take a shorter one"),
            test -> () -> test.map().put("x".repeat(1025), 1L)),
        wrong(
            "a key that is no text",
            IllegalArgumentException.class,
            List.of("half of a surrogate pair", "take well-formed strings"),
            test -> () -> test.map().put("\ud83d", 1L)),
        wrong(
            "a value that is too large",
            EncodeException.class,
            List.of("takes 1048578 bytes", "1048576 at most"),
            test -> () -> test.words().put("apples", LARGE)),
        wrong(
            "add to words",
            IllegalStateException.class,
            List.of("the queue adds to Long only", "String", "open it with Long.class"),
            test -> () -> test.words().addAndGet("apples", 1)),
        wrong(
            "a guard that is not held",
            IllegalMonitorStateException.class,
            List.of("lock basket is not held by this handle"),
            test -> () -> test.map().guardedBy(test.podpool.lock("basket")).put("apples", 1L)),
        wrong(
            "a guard that was lost",
            LockLostException.class,
            List.of("lock 'basket' is not held by grant"),
            test -> {
              SharedLock lock = test.podpool.lock("basket");
              lock.lock();
              test.podpool.lock("basket").releaseAny();
              return () -> test.map().guardedBy(lock).put("apples", 1L);
            }),
        wrong(
            "another queue's guard",
            IllegalArgumentException.class,
            List.of("lock basket is of another connection than map basket", "from one Podpool"),
            test -> {
              SharedLock lock = test.another.lock("basket");
              lock.lock();
              test.podpool.lock("basket").lock(); // by a grant with the same number
              return () -> test.map().guardedBy(lock).put("apples", 1L);
            }),
        wrong(
            "null into the view",
            NullPointerException.class,
            List.of(),
            test -> () -> test.map().asConcurrentMap().put("apples", null)),
        wrong(
            "what was never set in a namespace",
            NoSuchElementException.class,
            List.of("there is no 'workers' in map settings", "set it before"),
            test -> {
              Namespace settings = test.podpool.namespace("settings");
              return () -> settings.get("workers", Integer.class);
            }));
  }

  private SharedMap<String, Long> map() {
    return podpool.sharedMap("basket", String.class, Long.class);
  }

  private SharedMap<String, String> words() {
    return podpool.sharedMap("words", String.class, String.class);
  }

  static Stream<Arguments> listsAndArrays() {
    return Stream.of(
        wrong(
            "get behind the last element",
            IndexOutOfBoundsException.class,
            List.of("list steps", "index 1 of 1 elements"),
            test -> () -> test.list().get(1)),
        wrong(
            "get before the first element",
            IndexOutOfBoundsException.class,
            List.of("index -1"),
            test -> () -> test.list().get(-1)),
        wrong(
            "set behind the last element",
            IndexOutOfBoundsException.class,
            List.of("1"),
            test -> () -> test.list().set(1, "b")),
        wrong(
            "add behind the end",
            IndexOutOfBoundsException.class,
            List.of("2"),
            test -> () -> test.list().add(2, "b")),
        wrong(
            "remove behind the last element",
            IndexOutOfBoundsException.class,
            List.of("1"),
            test -> () -> test.list().remove(1)),
        wrong(
            "pop from an empty list",
            IndexOutOfBoundsException.class,
            List.of("list 'empty'"),
            test -> {
              SharedList<String> empty = test.podpool.sharedList("empty", String.class);
              return empty::pop;
            }),
        wrong(
            "a version that no list has",
            IllegalArgumentException.class,
            List.of("version 0 is none", "they begin at 1"),
            test -> () -> test.list().setIfVersion(0, 0, "b")),
        wrong(
            "too much at once",
            IllegalArgumentException.class,
            List.of("2 elements of", "at most 1048576", "add them in parts"),
            test -> {
              String half = "x".repeat((1 << 19) + 1);
              return () -> test.list().addAll(List.of(half, half));
            }),
        wrong(
            "another first value under the same name",
            PodpoolException.class,
            List.of("OBJECT_EXISTS", "value 'n' exists"),
            test -> {
              test.podpool.sharedValue("n", Long.class, 0L);
              return () -> test.podpool.sharedValue("n", Long.class, 1L);
            }),
        wrong(
            "a value that nobody has made",
            NotFoundException.class,
            List.of("there is no value 'n'"),
            test -> () -> test.podpool.sharedValue("n", Long.class)),
        wrong(
            "add to a value that is no number",
            IllegalStateException.class,
            List.of("the queue adds to Long only"),
            test -> {
              SharedValue<String> word = test.podpool.sharedValue("word", String.class, "a");
              return () -> word.addAndGet(1);
            }),
        wrong(
            "a version that no value has",
            IllegalArgumentException.class,
            List.of("version 0 is none", "they begin at 1"),
            test -> {
              SharedValue<String> word = test.podpool.sharedValue("word", String.class, "a");
              return () -> word.setIfVersion(0, "b");
            }),
        wrong(
            "an array of less than none",
            IllegalArgumentException.class,
            List.of("an array of -1 elements", "0 to 1000000"),
            test -> () -> test.podpool.sharedArray("d", Double.class, -1, 0.0)),
        wrong(
            "an array of too many",
            IllegalArgumentException.class,
            List.of("an array of 1000001 elements", "0 to 1000000"),
            test -> () -> test.podpool.sharedArray("d", Double.class, 1_000_001, 0.0)),
        wrong(
            "another length under the same name",
            PodpoolException.class,
            List.of("OBJECT_EXISTS", "array 'd' exists"),
            test -> {
              test.array();
              return () -> test.podpool.sharedArray("d", Double.class, 4, 0.0);
            }),
        wrong(
            "get behind an array's last element",
            IndexOutOfBoundsException.class,
            List.of("array d", "index 3 of 3 elements"),
            test -> () -> test.array().get(3)),
        wrong(
            "set before an array's first element",
            IndexOutOfBoundsException.class,
            List.of("index -1 is below 0"),
            test -> () -> test.array().set(-1, 1.0)),
        wrong(
            "set behind an array's last element",
            IndexOutOfBoundsException.class,
            List.of("3"),
            test -> () -> test.array().set(3, 1.0)));
  }

  private SharedList<String> list() {
    SharedList<String> list = podpool.sharedList("steps", String.class);
    if (list.isEmpty()) {
      list.add("a");
    }
    return list;
  }

  private SharedArray<Double> array() {
    return podpool.sharedArray("d", Double.class, 3, 0.0);
  }

  static void hang() throws InterruptedException {
    Thread.sleep(Long.MAX_VALUE);
  }

  static Stream<Arguments> processes() {
    return Stream.of(
        wrong(
            "join what is not started",
            IllegalStateException.class,
            List.of("process 'hanging' has not been started", "start it first"),
            test -> test.process()::join),
        wrong(
            "end what is not started",
            IllegalStateException.class,
            List.of("process 'hanging' has not been started"),
            test -> test.process()::kill),
        wrong(
            "start twice",
            IllegalStateException.class,
            List.of("process 'hanging' has been started", "can't be started any more"),
            test -> test.startedProcess()::start),
        wrong(
            "make a daemon of what is started",
            IllegalStateException.class,
            List.of("process 'hanging' has been started", "made a daemon"),
            test -> {
              PodProcess process = test.startedProcess();
              return () -> process.daemon(false);
            }),
        wrong(
            "close what runs",
            IllegalStateException.class,
            List.of("process 'hanging' still runs", "join() or terminate() it"),
            test -> test.startedProcess()::close),
        wrong(
            "a name that is too long",
            IllegalArgumentException.class,
            List.of("a process name of 64 characters", "1 to 63"),
            test -> () -> test.process().name("x".repeat(64))),
        wrong(
            "a name that the queue refuses",
            PodpoolException.class,
            List.of("a process name of 5 characters", "none of them a control character"),
            test -> test.process().name("two\n2")::start));
  }

  private PodProcess process() {
    return podpool.process(WrongUseTest::hang).name("hanging");
  }

  private PodProcess startedProcess() {
    PodProcess process = process().daemon(true); // it ends with the connection
    process.start();
    return process;
  }

  // ---- of all kinds

  private record Maker(String kind, BiFunction<Podpool, String, SharedObject> of) {
    @Override
    public String toString() {
      return kind;
    }
  }

  static Stream<Maker> makers() {
    return Stream.of(
        new Maker("lock", Podpool::lock),
        new Maker("reentrant lock", Podpool::reentrantLock),
        new Maker("semaphore", (podpool, name) -> podpool.semaphore(name, 1)),
        new Maker("bounded semaphore", (podpool, name) -> podpool.boundedSemaphore(name, 1)),
        new Maker("event", Podpool::event),
        new Maker("condition", (podpool, name) -> podpool.condition(name, podpool.lock("basket"))),
        new Maker("barrier", (podpool, name) -> podpool.barrier(name, 2)),
        new Maker("queue", (podpool, name) -> podpool.queue(name, String.class)),
        new Maker("joinable queue", (podpool, name) -> podpool.joinableQueue(name, String.class)),
        new Maker("map", (podpool, name) -> podpool.sharedMap(name, String.class, Long.class)),
        new Maker("namespace", Podpool::namespace),
        new Maker("list", (podpool, name) -> podpool.sharedList(name, String.class)),
        new Maker("value", (podpool, name) -> podpool.sharedValue(name, Long.class, 0L)),
        new Maker("array", (podpool, name) -> podpool.sharedArray(name, Long.class, 3, 0L)));
  }

  @ParameterizedTest
  @MethodSource("makers")
  void aNameThatIsNotAllowedMakesNothing(Maker maker) {
    podpool.lock("basket");
    List<Object> before = state();
    for (String name : List.of("A b", "", "-a", "a-", "x".repeat(64))) {
      assertThatThrownBy(() -> maker.of().apply(podpool, name))
          .isInstanceOf(PodpoolException.class)
          .hasMessageContaining("object name '" + name + "'")
          .hasMessageContaining("use 1 to 63 lower-case letters, digits and dashes");
    }
    assertThatThrownBy(() -> maker.of().apply(podpool, null))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("the name is null");
    assertThat(state()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("makers")
  void whatWasDeletedIsSaidToBeNotThere(Maker maker) {
    SharedObject object = maker.of().apply(podpool, "gone");
    object.delete();
    object.delete();
    podpool.lock("basket");
    List<Object> before = state();
    assertThatThrownBy(() -> object.keepFor(Duration.ofMinutes(1)))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("'gone'")
        .hasMessageContaining("it was deleted, or its time to live has passed");
    assertThat(state()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("makers")
  void howLongItIsKeptIsSaidOfAnyKindAndIsNoPartOfWhatItIs(Maker maker) {
    SharedObject object = maker.of().apply(podpool, "brief");
    object.keepFor(Duration.ofHours(1));
    assertThat(timeToLive(object)).isEqualTo(Duration.ofHours(1));
    SharedObject again = maker.of().apply(podpool, "brief");
    again.keepFor(Duration.ofNanos(1_000_001));
    assertThat(timeToLive(object)).as("rounded up").isEqualTo(Duration.ofMillis(2));
    assertThatThrownBy(() -> object.keepFor(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(timeToLive(object)).isEqualTo(Duration.ofMillis(2));
  }

  private static Duration timeToLive(SharedObject object) {
    return Infos.of(object.status()).timeToLive();
  }

  @Test
  void kindsShareNoNames() {
    podpool.lock("same").lock();
    podpool.queue("same", String.class).close();
    podpool.sharedMap("same", String.class, Long.class).put("a", 1L);
    assertThat(podpool.lock("same").isLocked()).isTrue();
    assertThat(podpool.sharedList("same", String.class).size()).isZero();
  }

  @Test
  void aTimeOutOfNothingOrLessDoesNotWait() throws Exception {
    SharedLock lock = podpool.lock("basket");
    lock.lock();
    SharedSemaphore semaphore = podpool.semaphore("door", 0);
    SharedQueue<String> queue = podpool.queue("orders", String.class);
    List<Object> before = state();
    for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
      List<Callable<Boolean>> tries =
          List.of(
              () -> podpool.lock("basket").tryLock(none.toMillis(), TimeUnit.MILLISECONDS),
              () -> semaphore.tryAcquire(none.toMillis(), TimeUnit.MILLISECONDS),
              () -> podpool.event("green").await(none),
              () -> podpool.pipe(String.class).first().poll(none));
      for (Callable<Boolean> each : tries) {
        assertThat(each.call()).isFalse();
      }
      assertThatThrownBy(() -> queue.get(none))
          .isInstanceOf(TimeoutException.class)
          .hasMessageContaining("queue orders was empty for " + none);
    }
    assertThat(state()).containsAll(before);
  }
}
