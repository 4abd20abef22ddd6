package dev.podpool.queue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A pipe as it would be explained: who holds its ends, what is on the way, and who waits. */
final class PipeModel {

  private record Message(long number, String text, boolean again) {}

  private record Taken(String client, long delivery, Message message) {}

  /** Of who receives at an end, or sends {@code text} to it. */
  private record Wait(String client, long sequence, long deadlineMillis, @Nullable String text) {}

  private static final class End {
    final TreeSet<String> holders = new TreeSet<>();
    final List<Message> messages = new ArrayList<>();
    final List<Taken> taken = new ArrayList<>();
    final List<Wait> receivers = new ArrayList<>();
    final List<Wait> senders = new ArrayList<>();
    boolean opened;
    long deliveries;
    long sent;

    boolean isGone() {
      return opened && holders.isEmpty();
    }
  }

  final TreeMap<String, String> answers = new TreeMap<>();
  private final List<End> ends = List.of(new End(), new End());
  private final boolean duplex;

  PipeModel(boolean duplex) {
    this.duplex = duplex;
  }

  private End end(int number) {
    return ends.get(number - 1);
  }

  private End other(int number) {
    return ends.get(2 - number);
  }

  boolean isGone() {
    return ends.stream().allMatch(End::isGone);
  }

  void hold(String client, long sequence, int number) {
    End end = end(number);
    if (end.isGone()) {
      answer(client, sequence, "PIPE_ENDED");
    } else {
      end.opened = true;
      end.holders.add(client);
    }
  }

  void close(String client, int number) {
    End end = end(number);
    if (!end.holders.remove(client)) {
      return;
    }
    endAll(end.receivers, client, "NOT_HELD");
    endAll(other(number).senders, client, "NOT_HELD");
    for (Taken each : List.copyOf(end.taken)) {
      if (each.client().equals(client)) {
        comeBack(end, each);
      }
    }
    if (end.isGone()) {
      end.messages.clear();
      endAll(end.senders, null, "PIPE_BROKEN");
    }
    goOn();
  }

  void send(String client, long sequence, int number, String text) {
    if (!duplex && number == 1) {
      answer(client, sequence, "INVALID_ARGUMENT");
    } else if (!end(number).holders.contains(client)) {
      answer(client, sequence, "NOT_HELD");
    } else if (other(number).isGone()) {
      answer(client, sequence, "PIPE_BROKEN");
    } else {
      other(number).senders.add(new Wait(client, sequence, Long.MAX_VALUE, text));
      goOn();
    }
  }

  void receive(String client, long sequence, int number, long now, long timeout) {
    End end = end(number);
    if (!duplex && number == 2) {
      answer(client, sequence, "INVALID_ARGUMENT");
    } else if (!end.holders.contains(client)) {
      answer(client, sequence, "NOT_HELD");
    } else {
      Wait wait = new Wait(client, sequence, timeout > 0 ? now + timeout : Long.MAX_VALUE, null);
      end.receivers.add(wait);
      goOn();
      if (timeout < 0 && end.receivers.remove(wait)) {
        answer(client, sequence, "TIMED_OUT_WAITING");
      }
    }
  }

  void confirm(String client, long sequence, int number, long delivery, boolean returned) {
    End end = end(number);
    for (Taken each : List.copyOf(end.taken)) {
      if (each.client().equals(client) && each.delivery() == delivery) {
        end.taken.remove(each);
        if (returned) {
          comeBack(end, each);
        }
        goOn();
        return;
      }
    }
    answer(client, sequence, "NOT_HELD");
  }

  void cancel(String client, long sequence) {
    for (End end : ends) {
      for (List<Wait> waits : List.of(end.receivers, end.senders)) {
        if (waits.removeIf(wait -> wait.client().equals(client) && wait.sequence() == sequence)) {
          answer(client, sequence, "WAIT_CANCELLED");
        }
      }
    }
  }

  void expire(long nowMillis) {
    for (End end : ends) {
      for (Wait wait : List.copyOf(end.receivers)) {
        if (wait.deadlineMillis() <= nowMillis) {
          end.receivers.remove(wait);
          answer(wait.client(), wait.sequence(), "TIMED_OUT_WAITING");
        }
      }
    }
  }

  List<Long> deliveriesOf(String client, int number) {
    return end(number).taken.stream()
        .filter(each -> each.client().equals(client))
        .map(Taken::delivery)
        .toList();
  }

  // ---- how it goes on

  private void goOn() {
    for (int number = 1; number <= 2; number++) {
      End end = end(number);
      boolean again = true;
      while (again) {
        again = sendOne(end) || receiveOne(end);
      }
      if (other(number).isGone() && end.messages.isEmpty() && end.taken.isEmpty()) {
        endAll(end.receivers, null, "PIPE_ENDED");
      }
    }
  }

  private boolean sendOne(End end) {
    if (end.senders.isEmpty() || end.messages.size() + end.taken.size() >= 64) {
      return false;
    }
    Wait first = end.senders.remove(0);
    end.messages.add(new Message(end.sent++, String.valueOf(first.text()), false));
    answer(first.client(), first.sequence(), "put");
    return true;
  }

  private boolean receiveOne(End end) {
    if (end.receivers.isEmpty() || end.messages.isEmpty()) {
      return false;
    }
    Wait first = end.receivers.remove(0);
    Message message = end.messages.remove(0);
    long delivery = ++end.deliveries;
    end.taken.add(new Taken(first.client(), delivery, message));
    answer(
        first.client(),
        first.sequence(),
        message.text() + " " + delivery + (message.again() ? " again" : ""));
    return true;
  }

  private static void comeBack(End end, Taken back) {
    end.taken.remove(back);
    end.messages.add(new Message(back.message().number(), back.message().text(), true));
    end.messages.sort(Comparator.comparingLong(Message::number));
  }

  /** Of {@code client}; null: of all. */
  private void endAll(List<Wait> waits, @Nullable String client, String words) {
    for (Wait wait : List.copyOf(waits)) {
      if (client == null || wait.client().equals(client)) {
        waits.remove(wait);
        answer(wait.client(), wait.sequence(), words);
      }
    }
  }

  private void answer(String client, long sequence, String words) {
    answers.put(client + " " + sequence, words);
  }
}
