package dev.podpool.sim;

import static dev.podpool.sim.Contract.require;

import dev.podpool.protocol.DeliveredItem;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSnapshot;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.PipeEndSnapshot;
import dev.podpool.protocol.QueueSnapshot;
import dev.podpool.protocol.SemaphoreSnapshot;
import dev.podpool.protocol.Snapshot;
import dev.podpool.protocol.WaiterSnapshot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What was promised about shared objects: conserved, held by the living, and nobody waits in vain.
 */
final class ObjectsContract {

  // The last of each lock's name, whether it was made anew since or not.
  private final Map<ObjectRef, Long> tokens = new HashMap<>();
  private final TurnsContract turns = new TurnsContract();

  void check(Snapshot state, Set<Long> sessions) {
    turns.check(state);
    for (ObjectSnapshot object : state.getObjectsList()) {
      require(sessions.containsAll(object.getSessionsList()), "it is open for the living");
      for (WaiterSnapshot waiter : object.getWaitersList()) {
        require(sessions.contains(waiter.getSession()), "a waiter outlives its session");
      }
      switch (object.getStateCase()) {
        case LOCK -> checkLock(object, sessions);
        case SEMAPHORE -> checkSemaphore(object, sessions);
        case EVENT ->
            require(
                !object.getEvent().getSet() || isQuiet(object),
                "who waits for an event that is set");
        case BARRIER ->
            require(
                object.getWaitersCount() < (object.getBarrier().getBroken() ? 1 : Shared.PARTIES),
                "who waits at a barrier that is full or broken");
        case QUEUE -> checkQueue(object, sessions);
        case PIPE -> checkPipe(object, sessions);
        default -> {}
      }
    }
  }

  private static boolean isQuiet(ObjectSnapshot object) {
    return object.getWaitersCount() == 0;
  }

  private static boolean waits(ObjectSnapshot object, Operation.KindCase kind) {
    return object.getWaitersList().stream()
        .anyMatch(waiter -> waiter.getOperation().getKindCase() == kind);
  }

  private void checkLock(ObjectSnapshot object, Set<Long> sessions) {
    long token = object.getLock().getToken();
    if (token == 0) {
      require(isQuiet(object), "who waits for a lock that is free");
      return;
    }
    require(sessions.contains(object.getLock().getHolder()), "a lock outlives its holder");
    Long before = tokens.put(object.getObject(), token);
    require(before == null || before <= token, "tokens rise");
  }

  private static void checkSemaphore(ObjectSnapshot object, Set<Long> sessions) {
    SemaphoreSnapshot semaphore = object.getSemaphore();
    long held = 0;
    for (SemaphoreSnapshot.Held each : semaphore.getHeldList()) {
      require(sessions.contains(each.getSession()), "a permit outlives its holder");
      held += each.getPermits();
    }
    require(semaphore.getFree() + held == Shared.PERMITS, "permits are conserved");
    require(semaphore.getFree() == 0 || isQuiet(object), "who waits for a permit that is free");
  }

  private static void checkQueue(ObjectSnapshot object, Set<Long> sessions) {
    QueueSnapshot queue = object.getQueue();
    checkDelivered(queue.getDeliveredList(), sessions);
    int items = queue.getItemsCount();
    require(
        items == 0 || !waits(object, Operation.KindCase.TAKE_ITEM),
        "who waits for an item that is there");
    require(
        items >= Shared.ITEMS_MAX || !waits(object, Operation.KindCase.PUT_ITEMS),
        "who waits for room that is there");
    require(
        items + queue.getDeliveredCount() > 0 || !waits(object, Operation.KindCase.JOIN_QUEUE),
        "who waits though all is done");
  }

  private static void checkPipe(ObjectSnapshot object, Set<Long> sessions) {
    for (PipeEndSnapshot end : object.getPipe().getEndsList()) {
      require(sessions.containsAll(end.getHoldersList()), "an end outlives its holder");
      checkDelivered(end.getDeliveredList(), sessions);
    }
  }

  private static void checkDelivered(List<DeliveredItem> delivered, Set<Long> sessions) {
    for (DeliveredItem each : delivered) {
      require(sessions.contains(each.getSession()), "an item is held by the living");
    }
  }
}
