package dev.podpool.sim;

import static dev.podpool.sim.Contract.require;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.AcquireLock;
import dev.podpool.protocol.AcquirePermits;
import dev.podpool.protocol.AwaitBarrier;
import dev.podpool.protocol.AwaitCondition;
import dev.podpool.protocol.AwaitEvent;
import dev.podpool.protocol.BarrierSpec;
import dev.podpool.protocol.BreakBarrier;
import dev.podpool.protocol.ChangeList;
import dev.podpool.protocol.ChangeMap;
import dev.podpool.protocol.ChangeValue;
import dev.podpool.protocol.CloseSession;
import dev.podpool.protocol.ConditionSpec;
import dev.podpool.protocol.ConfirmItem;
import dev.podpool.protocol.ConfirmMessage;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.EventSpec;
import dev.podpool.protocol.HoldEnd;
import dev.podpool.protocol.ItemTaken;
import dev.podpool.protocol.JoinQueue;
import dev.podpool.protocol.ListInsert;
import dev.podpool.protocol.ListRemove;
import dev.podpool.protocol.ListSpec;
import dev.podpool.protocol.LockSpec;
import dev.podpool.protocol.MapAdd;
import dev.podpool.protocol.MapChanged;
import dev.podpool.protocol.MapPut;
import dev.podpool.protocol.MapRemove;
import dev.podpool.protocol.MapSpec;
import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.OpenObject;
import dev.podpool.protocol.OpenSession;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PipeSpec;
import dev.podpool.protocol.PutItems;
import dev.podpool.protocol.QueueSpec;
import dev.podpool.protocol.ReceiveMessage;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.ReleaseLock;
import dev.podpool.protocol.ReleasePermits;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SemaphoreSpec;
import dev.podpool.protocol.SendMessage;
import dev.podpool.protocol.SetEvent;
import dev.podpool.protocol.SignalCondition;
import dev.podpool.protocol.TakeItem;
import dev.podpool.protocol.TaskDone;
import dev.podpool.protocol.ValueSpec;
import dev.podpool.session.SessionHandler;
import dev.podpool.session.SessionLogic;
import dev.podpool.testing.history.History;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A program that uses an object of each kind at random, crashes, and is started again. It keeps
 * nothing, and each time is another to the objects.
 */
final class SimSharer {

  private static final long LOCK_KEPT_MILLIS = 500; // so that it is made anew, now and then
  private static final int ASKED_MAX = 4; // what is in doubt at once is dear to check

  private final World world;
  private final Network network;
  private final Replicas replicas;
  private final Shared shared;
  private final String name;
  private int turns;
  private int lives;
  private boolean done;
  private Life life;

  SimSharer(World world, Network network, Replicas replicas, Shared shared, String name) {
    this.world = world;
    this.network = network;
    this.replicas = replicas;
    this.shared = shared;
    this.name = name;
    network.add(name);
    this.life = new Life();
  }

  /** It has had its turns, and nothing that it waited for is still to come. */
  boolean isDone() {
    return done;
  }

  /** What it waits for. */
  List<String> waitingFor() {
    return life.asked.values().stream().map(asked -> life.who + ": " + asked.what).toList();
  }

  /** What was asked, and what to do with the answer, or when there will be none. */
  private record Asked(String what, long start, Consumer<Reply> answered, Runnable unheard) {}

  private final class Life implements SessionHandler {

    private final String who = name + "." + lives++;
    private final IdentityHashMap<Operation, Asked> asked = new IdentityHashMap<>();
    private final Party party = new Party(world);
    private final SessionLogic session;
    private final Link link;
    // When it asked what was answered: its session had not ended yet when that took effect.
    private long lived = shared.now();
    private boolean gone;

    private final ObjectRef pipe =
        ObjectRef.newBuilder()
            .setKind(ObjectKind.PIPE)
            .setId(ByteString.copyFrom(world.bytes(16)))
            .build();
    private long token; // of the lock; 0: not held
    private boolean asksLock;
    private int permits;
    private boolean asksPermits;
    private boolean asksBarrier;
    private boolean asksPipe;
    private int sent;
    private int received;
    private final Deque<Long> deliveries = new ArrayDeque<>(); // of the joinable queue

    Life() {
      session =
          new SessionLogic(
              OpenSession.newBuilder().setNonce(ByteString.copyFrom(world.bytes(16))).build(),
              this);
      open(
          Shared.LOCK,
          ObjectSpec.newBuilder()
              .setLock(LockSpec.getDefaultInstance())
              .setTimeToLiveMillis(LOCK_KEPT_MILLIS));
      open(
          Shared.SEMAPHORE,
          ObjectSpec.newBuilder()
              .setSemaphore(
                  SemaphoreSpec.newBuilder().setPermits(Shared.PERMITS).setBounded(true)));
      open(Shared.EVENT, ObjectSpec.newBuilder().setEvent(EventSpec.getDefaultInstance()));
      open(
          Shared.CONDITION,
          ObjectSpec.newBuilder()
              .setCondition(ConditionSpec.newBuilder().setLock(Shared.LOCK))
              .setTimeToLiveMillis(LOCK_KEPT_MILLIS));
      open(
          Shared.BARRIER,
          ObjectSpec.newBuilder().setBarrier(BarrierSpec.newBuilder().setParties(Shared.PARTIES)));
      open(Shared.QUEUE, queue(false));
      open(Shared.JOINABLE, queue(true));
      open(pipe, ObjectSpec.newBuilder().setPipe(PipeSpec.getDefaultInstance()));
      open(Shared.MAP, ObjectSpec.newBuilder().setMap(MapSpec.getDefaultInstance()));
      open(Shared.LIST, ObjectSpec.newBuilder().setList(ListSpec.getDefaultInstance()));
      open(
          Shared.VALUE,
          ObjectSpec.newBuilder()
              .setValue(ValueSpec.newBuilder().setInitial(ByteString.copyFromUtf8("0"))));
      for (int end = 1; end <= 2; end++) {
        session.add(
            Operation.newBuilder()
                .setHoldEnd(HoldEnd.newBuilder().setPipe(pipe).setEnd(end))
                .build());
      }
      link = new Link(world, network, replicas, session, party, name, "client");
      party.after(world.between(2_000, 30_000), this::trouble);
      party.after(world.upTo(500), this::turn);
    }

    private ObjectSpec.Builder queue(boolean joinable) {
      return ObjectSpec.newBuilder()
          .setQueue(QueueSpec.newBuilder().setItemsMax(Shared.ITEMS_MAX).setJoinable(joinable));
    }

    private void open(ObjectRef object, ObjectSpec.Builder spec) {
      session.add(
          Operation.newBuilder()
              .setOpenObject(OpenObject.newBuilder().setObject(object).setSpec(spec))
              .build());
    }

    private void trouble() {
      if (world.has(Fault.CRASH)) {
        end();
      }
    }

    /** Crashes, or has closed its session, and is started again; or is done. */
    private void end() {
      if (gone) {
        return;
      }
      gone = true;
      party.end();
      List.copyOf(asked.values()).forEach(each -> each.unheard.run());
      shared.gone(who, lived);
      if (turns < world.scenario().turns()) {
        world.after(world.between(10, 5_000), () -> life = new Life());
      } else {
        done = true;
      }
    }

    private void turn() {
      if (gone) {
        return;
      }
      if (turns == world.scenario().turns()) {
        if (asked.isEmpty()) {
          end();
        } else {
          party.after(100, this::turn);
        }
        return;
      }
      if (asked.size() >= ASKED_MAX) {
        party.after(100, this::turn);
        return;
      }
      turns++;
      if (asked.isEmpty() && world.oneIn(60)) {
        session.add(
            Operation.newBuilder().setCloseSession(CloseSession.getDefaultInstance()).build());
        link.poll();
        end();
        return;
      }
      switch (world.pick(shared.kinds)) {
        case LOCK -> lock();
        case SEMAPHORE -> semaphore();
        case EVENT -> event();
        case BARRIER -> barrier();
        case QUEUE -> queue();
        case JOINABLE_QUEUE -> joinable();
        case PIPE -> pipe();
        case MAP -> entry();
        case LIST -> list();
        case VALUE -> value();
      }
      party.after(world.between(1, 400), this::turn);
    }

    /** Now, in a while, or without limit. */
    private long timeout() {
      return switch (world.upTo(4)) {
        case 0 -> -1;
        case 1 -> 0;
        default -> world.between(1, 3_000);
      };
    }

    private long limit() {
      return world.oneIn(4) ? -1 : world.between(1, 3_000);
    }

    // ---- asking

    private void ask(
        String what, Operation.Builder operation, Consumer<Reply> answered, Runnable unheard) {
      Operation built = operation.build();
      asked.put(built, new Asked(what, shared.now(), answered, unheard));
      session.add(built);
      link.poll();
    }

    /**
     * @param step with what was answered; without an answer: nothing of what was in doubt
     * @param inDoubt what it did if it did something; null where there is nothing to be known
     */
    private <S> void ask(
        History<S> history,
        String what,
        Operation.Builder operation,
        History.Step<S, Reply> step,
        History.@Nullable Answered<S> inDoubt,
        Consumer<Reply> then) {
      long start = shared.now();
      String its = who + ": " + what;
      ask(
          what,
          operation,
          reply -> {
            String result = its + " = " + reply.toString().replaceAll("\\s+", " ");
            history.add(result, start, shared.now(), before -> step.after(before, reply));
            then.accept(reply);
          },
          () -> {
            if (inDoubt != null) {
              history.addInDoubt(its, start, inDoubt);
            }
          });
    }

    @Override
    public void onReply(Operation operation, Reply reply) {
      Asked its = asked.remove(operation);
      if (its != null) {
        lived = Math.max(lived, its.start);
        its.answered.accept(reply);
      } else {
        require(!reply.hasRefusal(), "objects are opened, and their ends held: " + reply);
      }
    }

    @Override
    public void onDone(Operation operation) {
      onReply(operation, Reply.getDefaultInstance());
    }

    @Override
    public void onDelivery(Delivery delivery) {
      throw new AssertionError("nothing was asked for that is delivered: " + delivery);
    }

    @Override
    public void onEnd(Refusal reason) {
      end();
    }

    // ---- each kind

    private static boolean isTimedOut(Reply reply) {
      return reply.getRefusal().getCode() == ErrorCode.TIMED_OUT_WAITING;
    }

    private void lock() {
      if (asksLock) {
        return;
      }
      asksLock = true;
      if (token == 0) {
        ask(
            shared.lock,
            "acquire",
            Operation.newBuilder()
                .setAcquireLock(
                    AcquireLock.newBuilder().setLock(Shared.LOCK).setTimeoutMillis(timeout())),
            (before, reply) ->
                isTimedOut(reply)
                    ? (before.by().isEmpty() ? null : before)
                    : before.taken(who, reply.getLockGranted().getToken()),
            before -> before.takenUnheard(who),
            this::granted);
      } else if (world.oneIn(3)) {
        await(token);
      } else if (world.oneIn(3)) {
        long held = token;
        ask(
            shared.lock,
            "signal",
            Operation.newBuilder()
                .setSignalCondition(
                    SignalCondition.newBuilder()
                        .setCondition(Shared.CONDITION)
                        .setToken(held)
                        .setCount(world.upTo(2))),
            (before, reply) -> !reply.hasRefusal() && before.token() == held ? before : null,
            null,
            reply -> asksLock = false);
      } else {
        long held = token;
        ask(
            shared.lock,
            "release " + held,
            Operation.newBuilder()
                .setReleaseLock(ReleaseLock.newBuilder().setLock(Shared.LOCK).setToken(held)),
            (before, reply) -> reply.hasRefusal() ? null : before.released(who, held),
            before -> before.released(who, held),
            reply -> {
              asksLock = false;
              token = 0;
            });
      }
    }

    private void granted(Reply reply) {
      asksLock = false;
      token = reply.getLockGranted().getToken();
    }

    /** Gives the lock back at one moment, and gets it again at a later one. */
    private void await(long held) {
      long start = shared.now();
      String what = who + ": await with " + held;
      ask(
          "await",
          Operation.newBuilder()
              .setAwaitCondition(
                  AwaitCondition.newBuilder()
                      .setCondition(Shared.CONDITION)
                      .setToken(held)
                      .setTimeoutMillis(limit())),
          reply -> {
            long end = shared.now();
            long again = reply.getLockGranted().getToken();
            require(reply.hasLockGranted(), "who waits at a condition gets the lock: " + reply);
            shared.lock.add(what + ", given back", start, end, s -> s.released(who, held));
            shared.lock.add(what + " = " + again, start, end, s -> s.taken(who, again));
            granted(reply);
          },
          () -> {
            shared.lock.addInDoubt(what + ", given back", start, s -> s.released(who, held));
            shared.lock.addInDoubt(what, start, s -> s.takenUnheard(who));
          });
    }

    private void semaphore() {
      if (asksPermits) {
        return;
      }
      asksPermits = true;
      if (permits > 0 && world.oneIn(2)) {
        ask(
            shared.semaphore,
            "release",
            Operation.newBuilder()
                .setReleasePermits(
                    ReleasePermits.newBuilder().setSemaphore(Shared.SEMAPHORE).setPermits(1)),
            (before, reply) -> reply.hasRefusal() ? null : before.moved(who, -1),
            before -> before.moved(who, -1),
            reply -> {
              asksPermits = false;
              permits--;
            });
        return;
      }
      // Without limit only as the first: who holds one might wait for himself.
      long time = permits == 0 ? timeout() : limit();
      ask(
          shared.semaphore,
          "acquire",
          Operation.newBuilder()
              .setAcquirePermits(
                  AcquirePermits.newBuilder()
                      .setSemaphore(Shared.SEMAPHORE)
                      .setPermits(1)
                      .setTimeoutMillis(time)),
          (before, reply) ->
              isTimedOut(reply) ? (before.free() > 0 ? null : before) : before.moved(who, 1),
          before -> before.moved(who, 1),
          reply -> {
            asksPermits = false;
            permits += reply.hasPermitsGranted() ? 1 : 0;
          });
    }

    private void event() {
      if (world.oneIn(2)) {
        boolean set = world.oneIn(2);
        ask(
            shared.event,
            set ? "set" : "clear",
            Operation.newBuilder()
                .setSetEvent(SetEvent.newBuilder().setEvent(Shared.EVENT).setSet(set)),
            (before, reply) -> reply.hasRefusal() ? null : set,
            before -> set,
            reply -> {});
        return;
      }
      ask(
          shared.event,
          "await",
          Operation.newBuilder()
              .setAwaitEvent(
                  AwaitEvent.newBuilder().setEvent(Shared.EVENT).setTimeoutMillis(limit())),
          (before, reply) -> before == reply.hasEventIsSet() ? before : null,
          null,
          reply -> require(reply.hasEventIsSet() || isTimedOut(reply), "an event is: " + reply));
    }

    private void barrier() {
      if (asksBarrier) {
        return;
      }
      asksBarrier = true;
      ask(
          "await at the barrier",
          Operation.newBuilder()
              .setAwaitBarrier(
                  AwaitBarrier.newBuilder()
                      .setBarrier(Shared.BARRIER)
                      .setTimeoutMillis(world.between(1, 3_000))),
          reply -> {
            asksBarrier = false;
            if (!reply.hasBarrierPassed()) {
              reset();
            } else if (reply.getBarrierPassed().getIndex() == 0) {
              shared.passedLast++;
            } else {
              shared.passedFirst++;
            }
          },
          () -> shared.mayHavePassed++);
    }

    private void reset() {
      ask(
          "reset",
          Operation.newBuilder()
              .setBreakBarrier(BreakBarrier.newBuilder().setBarrier(Shared.BARRIER).setReset(true)),
          reply -> {},
          () -> {});
    }

    private String text() {
      return who + "/" + shared.now();
    }

    private void put(History<Shared.Work> history, ObjectRef queue) {
      String text = text();
      ask(
          history,
          "put " + text,
          Operation.newBuilder()
              .setPutItems(
                  PutItems.newBuilder()
                      .setQueue(queue)
                      .addItems(ByteString.copyFromUtf8(text))
                      .setTimeoutMillis(limit())),
          (before, reply) ->
              isTimedOut(reply)
                  ? (before.items().size() < Shared.ITEMS_MAX ? null : before)
                  : before.put(text),
          before -> before.put(text),
          reply -> {});
    }

    private void take(History<Shared.Work> history, ObjectRef queue, Consumer<ItemTaken> then) {
      ask(
          history,
          "take",
          Operation.newBuilder()
              .setTakeItem(TakeItem.newBuilder().setQueue(queue).setTimeoutMillis(limit())),
          (before, reply) -> {
            if (isTimedOut(reply)) {
              return before.items().isEmpty() ? before : null;
            }
            ItemTaken taken = reply.getItemTaken();
            return before.take(who, taken.getItem().toStringUtf8(), taken.getDelivery());
          },
          before -> before.take(who, null, 0),
          reply -> {
            if (reply.hasItemTaken()) {
              then.accept(reply.getItemTaken());
            }
          });
    }

    private void queue() {
      if (world.oneIn(2)) {
        put(shared.queue, Shared.QUEUE);
        return;
      }
      take(
          shared.queue,
          Shared.QUEUE,
          taken -> {
            long delivery = taken.getDelivery();
            ask(
                shared.queue,
                "confirm " + delivery,
                Operation.newBuilder()
                    .setConfirmItem(
                        ConfirmItem.newBuilder().setQueue(Shared.QUEUE).setDelivery(delivery)),
                (before, reply) -> reply.hasRefusal() ? null : before.done(who, delivery),
                before -> before.done(who, delivery),
                reply -> {});
          });
    }

    private void joinable() {
      Long held = deliveries.poll();
      if (held != null) {
        ask(
            shared.joinable,
            "done with " + held,
            Operation.newBuilder()
                .setTaskDone(TaskDone.newBuilder().setQueue(Shared.JOINABLE).setDelivery(held)),
            (before, reply) -> reply.hasRefusal() ? null : before.done(who, held),
            before -> before.done(who, held),
            reply -> {});
      } else if (world.oneIn(2)) {
        put(shared.joinable, Shared.JOINABLE);
      } else if (world.oneIn(3)) {
        ask(
            shared.joinable,
            "join",
            Operation.newBuilder()
                .setJoinQueue(
                    JoinQueue.newBuilder()
                        .setQueue(Shared.JOINABLE)
                        .setTimeoutMillis(world.between(1, 3_000))),
            (before, reply) -> (before.unfinished() == 0) == reply.hasQueueJoined() ? before : null,
            null,
            reply -> {});
      } else {
        take(shared.joinable, Shared.JOINABLE, taken -> deliveries.add(taken.getDelivery()));
      }
    }

    /** What was sent at one end comes out of the other, in order, each once. */
    private void pipe() {
      if (asksPipe) {
        return;
      }
      asksPipe = true;
      if (sent == received || world.oneIn(2)) {
        String text = String.valueOf(sent++);
        ask(
            "send",
            Operation.newBuilder()
                .setSendMessage(
                    SendMessage.newBuilder()
                        .setPipe(pipe)
                        .setEnd(2)
                        .setMessage(ByteString.copyFromUtf8(text))),
            reply -> {
              require(reply.hasItemsPut(), "a message is sent: " + reply);
              asksPipe = false;
            },
            () -> {});
        return;
      }
      ask(
          "receive",
          Operation.newBuilder()
              .setReceiveMessage(ReceiveMessage.newBuilder().setPipe(pipe).setEnd(1)),
          reply -> {
            ItemTaken taken = reply.getItemTaken();
            require(
                taken.getItem().toStringUtf8().equals(String.valueOf(received++)),
                "messages come in order, each once: " + reply);
            asksPipe = false;
            ask(
                "confirm",
                Operation.newBuilder()
                    .setConfirmMessage(
                        ConfirmMessage.newBuilder()
                            .setPipe(pipe)
                            .setEnd(1)
                            .setDelivery(taken.getDelivery())),
                confirmed -> require(!confirmed.hasRefusal(), "it is confirmed: " + confirmed),
                () -> {});
          },
          () -> {});
    }

    private static long number(boolean present, ByteString text) {
      return present ? Long.parseLong(text.toStringUtf8()) : Shared.ABSENT;
    }

    private void entry() {
      String key = world.pick(Shared.KEYS);
      ByteString bytes = ByteString.copyFromUtf8(key);
      ChangeMap.Builder change = ChangeMap.newBuilder().setMap(Shared.MAP);
      long number = world.upTo(100);
      String what;
      History.Answered<Long> after;
      switch (world.upTo(3)) {
        case 0 -> {
          what = "put " + number;
          after = before -> number;
          change.setPut(MapPut.newBuilder().setKey(bytes).setValue(text(number)));
        }
        case 1 -> {
          what = "remove";
          after = before -> Shared.ABSENT;
          change.setRemove(MapRemove.newBuilder().setKey(bytes));
        }
        default -> {
          what = "add " + number;
          after = before -> (before == Shared.ABSENT ? 0 : before) + number;
          change.setAdd(MapAdd.newBuilder().setKey(bytes).setDelta(number));
        }
      }
      ask(
          Objects.requireNonNull(shared.entries.get(key)),
          what,
          Operation.newBuilder().setChangeMap(change),
          (before, reply) -> {
            MapChanged.Entry was = reply.getMapChanged().getBefore();
            return reply.hasMapChanged() && before == number(was.getPresent(), was.getValue())
                ? after.after(before)
                : null;
          },
          after,
          reply -> {});
    }

    private void value() {
      long number = world.upTo(100);
      boolean adds = world.oneIn(2);
      ChangeValue.Builder change = ChangeValue.newBuilder().setObject(Shared.VALUE);
      if (adds) {
        change.setAdd(number);
      } else {
        change.setSet(text(number));
      }
      ask(
          shared.value,
          (adds ? "add " : "set ") + number,
          Operation.newBuilder().setChangeValue(change),
          (before, reply) ->
              reply.hasValueChanged() && before == number(true, reply.getValueChanged().getBefore())
                  ? Long.valueOf(adds ? before + number : number)
                  : null,
          before -> adds ? before + number : number,
          reply -> {});
    }

    private void list() {
      long number = world.upTo(100);
      ChangeList.Builder change = ChangeList.newBuilder().setList(Shared.LIST);
      if (world.oneIn(2)) {
        ask(
            shared.list,
            "add " + number,
            Operation.newBuilder()
                .setChangeList(
                    change.setInsert(
                        ListInsert.newBuilder().setIndex(-1).addElements(text(number)))),
            (before, reply) ->
                reply.getListChanged().getSize() == before.size() + 1 ? with(before, number) : null,
            before -> with(before, number),
            reply -> {});
        return;
      }
      ask(
          shared.list,
          "remove the first",
          Operation.newBuilder()
              .setChangeList(change.setRemove(ListRemove.newBuilder().setIndex(0))),
          (before, reply) -> {
            if (before.isEmpty()) {
              return reply.hasRefusal() ? before : null;
            }
            return reply.hasListChanged()
                    && before.get(0) == number(true, reply.getListChanged().getBefore())
                ? withoutFirst(before)
                : null;
          },
          before -> before.isEmpty() ? null : withoutFirst(before),
          reply -> {});
    }

    private static ByteString text(long number) {
      return ByteString.copyFromUtf8(String.valueOf(number));
    }

    private static List<Long> withoutFirst(List<Long> before) {
      return List.copyOf(before.subList(1, before.size()));
    }

    private static List<Long> with(List<Long> before, long number) {
      List<Long> after = new ArrayList<>(before);
      after.add(number);
      return after;
    }
  }
}
