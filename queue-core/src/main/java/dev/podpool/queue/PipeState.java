package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.ConfirmMessage;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.ItemsPut;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.ObjectStatus;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PipeEndSnapshot;
import dev.podpool.protocol.PipeSnapshot;
import dev.podpool.protocol.ReceiveMessage;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SendMessage;
import dev.podpool.protocol.WaiterSnapshot;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A pipe: two ends, each held by sessions and processes, and what is to be received there. An end
 * that was held, and is not any more, is closed for good.
 *
 * <p>Only who holds an end receives there, has received there and not confirmed, or waits to send
 * from there.
 */
final class PipeState extends SharedObject {

  /** Messages to one end that are sent and not confirmed. */
  private static final int MESSAGES_MAX = 64;

  private static final Reply SENT =
      Reply.newBuilder().setItemsPut(ItemsPut.getDefaultInstance()).build();

  private final End first = new End(1, takers(), line());
  private final End second = new End(2, takers(), line());

  /** One end, and the way to it. */
  private static final class End {
    final int number;
    final Takers receivers;
    // To here.
    final Line senders;
    final Backlog backlog = new Backlog();
    final TreeSet<Long> holders = new TreeSet<>();
    final TreeSet<String> processes = new TreeSet<>();
    boolean opened;

    End(int number, Takers receivers, Line senders) {
      this.number = number;
      this.receivers = receivers;
      this.senders = senders;
    }

    /** Whether it is closed for good. */
    boolean isGone() {
      return opened && holders.isEmpty() && processes.isEmpty();
    }

    boolean hasRoom() {
      return backlog.size() + backlog.unconfirmed() < MESSAGES_MAX;
    }
  }

  PipeState(long number, ObjectRef ref, ObjectSpec spec, SharedObjects objects) {
    super(number, ref, spec, objects);
  }

  private @Nullable End end(int number) {
    return number == 1 ? first : number == 2 ? second : null;
  }

  private End other(End end) {
    return end == first ? second : first;
  }

  @Override
  Reply.@Nullable Builder apply(Call call) {
    Operation operation = call.operation();
    int number =
        switch (operation.getKindCase()) {
          case HOLD_END -> operation.getHoldEnd().getEnd();
          case CLOSE_END -> operation.getCloseEnd().getEnd();
          case SEND_MESSAGE -> operation.getSendMessage().getEnd();
          case RECEIVE_MESSAGE -> operation.getReceiveMessage().getEnd();
          case CONFIRM_MESSAGE -> operation.getConfirmMessage().getEnd();
          default -> 0;
        };
    End end = end(number);
    if (end == null) {
      return refused(
          Refusals.invalid(
              "a "
                  + operation.getKindCase()
                  + " at end "
                  + Integer.toUnsignedString(number)
                  + " of "
                  + title()
                  + "; it has ends 1 and 2"));
    }
    long session = call.session().id;
    return switch (operation.getKindCase()) {
      case HOLD_END -> hold(end, session, operation.getHoldEnd().getProcess());
      case CLOSE_END -> close(end, session);
      case SEND_MESSAGE -> send(end, call, operation.getSendMessage());
      case RECEIVE_MESSAGE -> receive(end, call, operation.getReceiveMessage());
      default -> confirm(end, session, operation.getConfirmMessage());
    };
  }

  // ---- who holds the ends

  /**
   * @param process held it for this session until now
   */
  private Reply.@Nullable Builder hold(End end, long session, String process) {
    if (end.isGone()) {
      return refused(gone(end));
    }
    end.opened = true;
    end.holders.add(session);
    release(end.number, process);
    return null;
  }

  /**
   * {@code process} holds the end before any session of its own does, and until {@link #release}.
   *
   * @return why it can't; null: it does
   */
  @Nullable Refusal hold(int number, String process) {
    End end = end(number);
    if (end == null) {
      return Refusals.invalid("end " + number + " of " + title() + "; it has ends 1 and 2");
    }
    if (end.isGone()) {
      return gone(end);
    }
    end.opened = true;
    end.processes.add(process);
    return null;
  }

  /**
   * {@code process} has ended, or has closed the end; where it does not hold it, nothing changes.
   */
  void release(int number, String process) {
    End end = end(number);
    if (end != null && end.processes.remove(process)) {
      released(end);
    }
  }

  private Reply.@Nullable Builder close(End end, long session) {
    if (end.holders.remove(session)) {
      callOff(end.receivers, session, end);
      callOff(other(end).senders, session, end);
      end.backlog.giveBackAll(session);
      released(end);
    }
    return null;
  }

  /** What {@code session} waits for in {@code line} ends: it has closed {@code end}. */
  private void callOff(Line line, long session, End end) {
    if (!objects.waits().isWaiting(session)) {
      return; // as when it ends, which very many may do one after the other
    }
    for (Waiter waiter : List.copyOf(line.all())) {
      if (waiter.session == session) {
        objects.waits().refuse(waiter, notHeld(end));
        left(waiter);
      }
    }
  }

  /** One holder less. */
  private void released(End end) {
    if (end.isGone()) {
      for (Waiter sender = end.senders.first(); sender != null; sender = end.senders.first()) {
        objects.waits().refuse(sender, broken(end));
        left(sender);
      }
      grow(-end.backlog.bytes());
      end.backlog.clear();
    }
    settle(end);
    settle(other(end));
    if (first.isGone() && second.isGone()) {
      objects.done(this);
    }
  }

  @Override
  void endSession(long session) {
    close(first, session);
    close(second, session);
  }

  // ---- messages

  private Reply.@Nullable Builder send(End from, Call call, SendMessage send) {
    End to = other(from);
    ByteString message = send.getMessage();
    Refusal refusal = null;
    if (!spec.getPipe().getDuplex() && from == first) {
      refusal = Refusals.invalid(title() + " goes one way: send at its second end");
    } else if (message.size() > SharedObjects.VALUE_BYTES_MAX) {
      refusal =
          Refusals.invalid(
              "a message of "
                  + message.size()
                  + " bytes for "
                  + title()
                  + "; at most "
                  + SharedObjects.VALUE_BYTES_MAX
                  + ": send where it is kept in its place, or split it");
    } else if (!from.holders.contains(call.session().id)) {
      refusal = notHeld(from);
    } else if (to.isGone()) {
      refusal = broken(to);
    } else {
      refusal = objects.checkRoom(this, Backlog.bytes(message));
    }
    boolean mustWait = !to.senders.isEmpty() || !to.hasRoom();
    if (refusal == null && mustWait) {
      refusal = checkWait(call);
    }
    if (refusal != null) {
      return refused(refusal);
    }
    grow(Backlog.bytes(message));
    if (mustWait) {
      return await(to.senders, call, 0);
    }
    to.backlog.add(message);
    settle(to);
    return SENT.toBuilder();
  }

  private Reply.@Nullable Builder receive(End at, Call call, ReceiveMessage receive) {
    if (!spec.getPipe().getDuplex() && at == second) {
      return refused(Refusals.invalid(title() + " goes one way: receive at its first end"));
    }
    if (!at.holders.contains(call.session().id)) {
      return refused(notHeld(at));
    }
    if (!at.backlog.isEmpty()) {
      return at.backlog.take(call.session().id);
    }
    if (isOver(at)) {
      return refused(ended(at));
    }
    return receive.getTimeoutMillis() < 0
        ? refused(empty(at))
        : await(at.receivers, call, receive.getTimeoutMillis());
  }

  private Reply.@Nullable Builder confirm(End at, long session, ConfirmMessage confirm) {
    Backlog.Delivered taken = at.backlog.find(session, confirm.getDelivery());
    if (taken == null) {
      return refused(notHeld(at));
    }
    if (confirm.getReturned()) {
      at.backlog.giveBack(taken);
    } else {
      at.backlog.remove(taken);
      grow(-Backlog.bytes(taken.item));
    }
    settle(at);
    return null;
  }

  /**
   * Nothing comes to {@code end} any more, now or later: what is under way could still come back.
   */
  private boolean isOver(End end) {
    return other(end).isGone() && end.backlog.isEmpty() && end.backlog.unconfirmed() == 0;
  }

  /** Whoever can go on does. */
  private void settle(End end) {
    while (true) {
      Waiter sender = end.senders.first();
      if (sender != null && end.hasRoom()) {
        end.backlog.add(sender.operation.getSendMessage().getMessage()); // counted since it waits
        objects.waits().answer(sender, SENT.toBuilder());
        continue;
      }
      Waiter receiver = end.backlog.isEmpty() ? null : end.receivers.firstToTake();
      if (receiver == null) {
        break;
      }
      objects.waits().answer(receiver, end.backlog.take(receiver.session));
    }
    if (isOver(end)) {
      Waiter waiter = end.receivers.first();
      for (; waiter != null; waiter = end.receivers.first()) {
        objects.waits().refuse(waiter, ended(end));
      }
    }
  }

  @Override
  void goOn(long session) {
    for (End end : List.of(first, second)) {
      end.receivers.goOn(session);
      settle(end);
    }
  }

  /** Those behind wait for what it has waited for: they go on waiting. */
  @Override
  void left(Waiter waiter) {
    if (waiter.operation.hasSendMessage()) {
      grow(-Backlog.bytes(waiter.operation.getSendMessage().getMessage()));
    }
  }

  @Override
  void timedOut(Waiter waiter) {
    End at = waiter.line == first.receivers ? first : second;
    objects.waits().refuse(waiter, empty(at));
    left(waiter);
  }

  // ---- refusals

  private String title(End end) {
    return "end " + end.number + " of " + title();
  }

  private Refusal notHeld(End end) {
    return Refusals.of(
        ErrorCode.NOT_HELD,
        "this session does not hold "
            + title(end)
            + ", or not that message: the end was closed, or was the last session's, which ended;"
            + " make a new pipe");
  }

  private Refusal gone(End end) {
    return Refusals.of(
        ErrorCode.PIPE_ENDED,
        title(end) + " was closed by all that held it, and stays closed; make a new pipe");
  }

  private Refusal ended(End end) {
    return Refusals.of(
        ErrorCode.PIPE_ENDED,
        "all was received at " + title(end) + ", and nobody holds the other any more");
  }

  private Refusal broken(End to) {
    return Refusals.of(
        ErrorCode.PIPE_BROKEN, "nobody holds " + title(to) + " any more, to which you send; stop");
  }

  private Refusal empty(End end) {
    return Refusals.of(
        ErrorCode.TIMED_OUT_WAITING,
        "there is no message at " + title(end) + "; wait longer, or look whether somebody sends");
  }

  // ---- what there is to know

  @Override
  void status(ObjectStatus.Builder into) {
    into.setCount(first.backlog.size() + second.backlog.size());
    TreeMap<Long, Integer> holders = new TreeMap<>();
    first.holders.forEach(session -> holders.merge(session, 1, Integer::sum));
    second.holders.forEach(session -> holders.merge(session, 1, Integer::sum));
    holders.forEach((session, ends) -> into.addHolders(objects.holder(session, ends)));
    into.setClosed(first.isGone() || second.isGone());
  }

  // ---- snapshot

  @Override
  void save(ObjectSnapshot.Builder into) {
    into.setPipe(PipeSnapshot.newBuilder().addEnds(save(first)).addEnds(save(second)));
  }

  private static PipeEndSnapshot save(End end) {
    return PipeEndSnapshot.newBuilder()
        .addAllHolders(end.holders)
        .addAllProcesses(end.processes)
        .setOpened(end.opened)
        .addAllMessages(end.backlog.queuedItems())
        .addAllDelivered(end.backlog.deliveredItems())
        .setLastDelivery(end.backlog.lastDelivery())
        .build();
  }

  @Override
  void restore(ObjectSnapshot from) {
    restore(first, from.getPipe().getEnds(0));
    restore(second, from.getPipe().getEnds(1));
    for (WaiterSnapshot waiter : from.getWaitersList()) {
      if (waiter.getOperation().hasSendMessage()) {
        grow(Backlog.bytes(waiter.getOperation().getSendMessage().getMessage()));
      }
    }
  }

  private void restore(End end, PipeEndSnapshot from) {
    end.holders.addAll(from.getHoldersList());
    end.processes.addAll(from.getProcessesList());
    end.opened = from.getOpened();
    end.backlog.restore(from.getMessagesList(), from.getDeliveredList(), from.getLastDelivery());
    grow(end.backlog.bytes());
  }
}
