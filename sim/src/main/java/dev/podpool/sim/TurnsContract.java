package dev.podpool.sim;

import static dev.podpool.sim.Contract.require;

import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.Reply;
import dev.podpool.protocol.SessionSnapshot;
import dev.podpool.protocol.Snapshot;
import dev.podpool.protocol.WaiterSnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who has waited longest at a lock, a semaphore or a queue is served first: from one index to the
 * next nobody gets what it waited for while somebody before it in its line waits on. Here everybody
 * asks for one of what there is.
 */
final class TurnsContract {

  private record Line(long object, int line) {}

  private record Turn(long session, long sequence) {}

  private Map<Line, List<Turn>> before = Map.of();

  void check(Snapshot state) {
    Map<Line, List<Turn>> now = lines(state);
    for (Map.Entry<Line, List<Turn>> each : before.entrySet()) {
      List<Turn> left = now.getOrDefault(each.getKey(), List.of());
      if (!left.isEmpty() && !left.equals(each.getValue())) {
        check(each.getValue(), left, state);
      }
    }
    before = now;
  }

  private static void check(List<Turn> line, List<Turn> left, Snapshot state) {
    boolean waitsOn = false;
    Set<Turn> still = new HashSet<>(left);
    for (Turn turn : line) {
      if (still.contains(turn)) {
        waitsOn = true;
      } else {
        require(
            !waitsOn || !isServed(turn, state), "who has waited longest in a line is served first");
      }
    }
  }

  private static boolean isServed(Turn turn, Snapshot state) {
    for (SessionSnapshot session : state.getSessionsList()) {
      if (session.getSession() == turn.session) {
        return session.getWakesList().stream().anyMatch(wake -> isServed(turn, wake));
      }
    }
    return false; // its session has ended
  }

  private static boolean isServed(Turn turn, Reply wake) {
    return wake.getSequence() == turn.sequence
        && (wake.hasLockGranted()
            || wake.hasPermitsGranted()
            || wake.hasItemTaken()
            || wake.hasItemsPut());
  }

  private static Map<Line, List<Turn>> lines(Snapshot state) {
    Map<Line, List<Turn>> lines = new HashMap<>();
    for (ObjectSnapshot object : state.getObjectsList()) {
      if (object.hasLock() || object.hasSemaphore() || object.hasQueue()) {
        for (WaiterSnapshot waiter : object.getWaitersList()) {
          lines
              .computeIfAbsent(
                  new Line(object.getNumber(), waiter.getLine()), any -> new ArrayList<>())
              .add(new Turn(waiter.getSession(), waiter.getSequence()));
        }
      }
    }
    return lines;
  }
}
