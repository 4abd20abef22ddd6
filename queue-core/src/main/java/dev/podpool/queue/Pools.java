package dev.podpool.queue;

import dev.podpool.protocol.Assign;
import dev.podpool.protocol.DefinePool;
import dev.podpool.protocol.ErrorCode;
import dev.podpool.protocol.JoinPool;
import dev.podpool.protocol.PoolJoined;
import dev.podpool.protocol.PoolSnapshot;
import dev.podpool.protocol.Refusal;
import dev.podpool.protocol.Reply;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All pools, who waits for them to be done, and which of them this entry has touched. */
final class Pools {

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  private final LinkedHashMap<String, Pool> byName = new LinkedHashMap<>();
  private final LinkedHashSet<Pool> touched = new LinkedHashSet<>();
  private final Timers<Pool.Joiner> joinerTimers =
      new Timers<>(
          Pool.Joiner::deadlineMillis,
          Comparator.comparingLong(Pool.Joiner::session).thenComparingLong(Pool.Joiner::sequence));

  @Nullable Pool find(String name) {
    return byName.get(name);
  }

  Collection<Pool> all() {
    return byName.values();
  }

  /** Something of {@code pool} changed that may let work be handed out, or somebody wake. */
  void touch(Pool pool) {
    touched.add(pool);
  }

  /** Those that this entry has touched so far. */
  List<Pool> touched() {
    return List.copyOf(touched);
  }

  /** Makes the pool, or changes its settings; those of a process stay as they are. */
  @Nullable Refusal define(DefinePool definition, SessionState session, long nowMillis) {
    boolean isNew = !byName.containsKey(definition.getPool());
    boolean isProcess = definition.hasProcess();
    Refusal refusal = isProcess ? ProcessState.check(definition.getProcess()) : null;
    if (refusal == null) {
      refusal = define(definition);
    }
    Pool pool = byName.get(definition.getPool());
    if (refusal == null && isNew && isProcess && pool != null) {
      pool.process =
          new ProcessState(definition.getProcess(), session, workerOf(session), nowMillis);
      session.started.put(pool.name(), pool);
    }
    return refusal;
  }

  /** The worker in whose processes {@code session} is; null: in none's, or it is gone. */
  private @Nullable WorkerState workerOf(SessionState session) {
    Pool pool = byName.get(session.opened.getPool());
    if (pool != null) {
      for (WorkerState worker : pool.workers.values()) {
        if (session.isOf(worker)) {
          return worker;
        }
      }
    }
    return null;
  }

  private @Nullable Refusal define(DefinePool definition) {
    if (!NAME.matcher(definition.getPool()).matches()) {
      return Refusals.invalid(
          "pool name '"
              + definition.getPool()
              + "'; use 1 to 63 lower-case letters, digits and dashes, not a dash at either end");
    }
    if (definition.getMaxAttempts() < 1) {
      return Refusals.invalid("pool '" + definition.getPool() + "': max_attempts 0; at least 1");
    }
    if (definition.getItemTimeoutMillis() < 0) {
      return Refusals.invalid(
          "pool '"
              + definition.getPool()
              + "': item_timeout_millis "
              + definition.getItemTimeoutMillis()
              + "; at least 1, or 0 for no limit");
    }
    Pool pool = byName.get(definition.getPool());
    if (pool == null) {
      byName.put(definition.getPool(), new Pool(definition));
    } else if (pool.process != null && !pool.definition().equals(definition)) {
      // Its ends of pipes, its parent and more were taken from the first one.
      return Refusals.of(
          ErrorCode.POOL_EXISTS,
          "process '"
              + pool.name()
              + "' was started otherwise, and stays as it is; start another, under another name");
    } else if (pool.definition().getUid().equals(definition.getUid())
        && pool.definition().hasProcess() == definition.hasProcess()) {
      pool.redefine(definition);
    } else {
      return Refusals.of(
          ErrorCode.POOL_EXISTS,
          "pool '"
              + pool.name()
              + "' exists and is another one (uid "
              + pool.definition().getUid()
              + "); delete that first, or take another name");
    }
    return null;
  }

  /** Forgets {@code pool}, whose jobs are gone already; whoever waits for it is told. */
  void delete(Pool pool, Sessions sessions, Effects effects) {
    byName.remove(pool.name());
    touched.remove(pool);
    Refusal gone =
        Refusals.of(
            ErrorCode.POOL_DELETED,
            "pool '" + pool.name() + "' was deleted while you waited for it");
    while (!pool.joiners.isEmpty()) {
      wake(pool.joiners.remove(), Reply.newBuilder().setRefusal(gone), sessions, effects);
    }
  }

  // ---- joining

  Reply.@Nullable Builder join(
      JoinPool join, SessionState session, long sequence, long nowMillis, long index) {
    Pool pool = byName.get(join.getPool());
    if (pool == null) {
      return Reply.newBuilder().setRefusal(Refusals.unknownPool(join.getPool()));
    }
    if (pool.unfinished() == 0) {
      return joined(index);
    }
    if (session.joins >= SessionState.WAITS_MAX) {
      return Reply.newBuilder().setRefusal(Refusals.tooManyWaits("for pools' work to end"));
    }
    long timeout = join.getTimeoutMillis();
    long deadline = timeout > 0 ? Timers.later(nowMillis, timeout) : 0;
    Pool.Joiner joiner = new Pool.Joiner(session.id, sequence, deadline);
    pool.joiners.add(joiner);
    joinerTimers.add(joiner);
    session.joins++;
    return null;
  }

  private static Reply.Builder joined(long index) {
    return Reply.newBuilder().setPoolJoined(PoolJoined.newBuilder().setQueueIndex(index));
  }

  void wakeJoiners(long index, Sessions sessions, Effects effects) {
    for (Pool pool : touched) {
      while (pool.unfinished() == 0 && !pool.joiners.isEmpty()) {
        wake(pool.joiners.remove(), joined(index), sessions, effects);
      }
    }
    touched.clear();
  }

  void expireJoiners(long nowMillis, Sessions sessions, Effects effects) {
    while (joinerTimers.isDue(nowMillis)) {
      Pool.Joiner joiner = joinerTimers.take();
      byName.values().forEach(pool -> pool.joiners.remove(joiner));
      Refusal late =
          Refusals.of(
              ErrorCode.TIMED_OUT_WAITING,
              "the pool still had unfinished items when the time-out passed; wait longer");
      wake(joiner, Reply.newBuilder().setRefusal(late), sessions, effects);
    }
  }

  private void wake(Pool.Joiner joiner, Reply.Builder reply, Sessions sessions, Effects effects) {
    joinerTimers.remove(joiner);
    SessionState session = sessions.find(joiner.session());
    if (session != null) {
      session.joins--;
      Reply late = reply.setSequence(joiner.sequence()).build();
      session.keepWake(late);
      effects.reply(session.id, late);
    }
  }

  void endSession(long session) {
    for (Pool pool : byName.values()) {
      pool.joiners.removeIf(
          joiner -> {
            boolean its = joiner.session() == session;
            if (its) {
              joinerTimers.remove(joiner);
            }
            return its;
          });
    }
  }

  // ---- handing out

  void handOut(Map<Long, Assign.Builder> assigns, long nowMillis, Effects effects) {
    for (Pool pool : byName.values()) {
      pool.turns.recall(pool.workers.values(), nowMillis, effects);
    }
    for (Pool pool : touched) {
      pool.turns.handOut(assigns);
      pool.turns.watchForIdle(pool.workers.values(), nowMillis);
    }
  }

  long nextDeadlineMillis() {
    long next = joinerTimers.nextMillis();
    for (Pool pool : byName.values()) {
      long recallAt = pool.turns.recallAtMillis();
      if (recallAt > 0) {
        next = Math.min(next, recallAt);
      }
    }
    return next;
  }

  /** As {@code from} has it, when the sessions are there; without its jobs and workers. */
  void restoreDefinition(PoolSnapshot from) {
    Pool pool = new Pool(from.getDefinition());
    if (from.hasProcess()) {
      pool.process = new ProcessState(from.getDefinition().getProcess(), from.getProcess());
    }
    byName.put(pool.name(), pool);
  }

  /** The rest of a restore, when sessions and jobs are there. */
  void restore(PoolSnapshot from, Sessions sessions) {
    Pool pool = byName.get(from.getDefinition().getPool());
    if (pool == null) {
      throw new IllegalStateException("snapshot lacks pool " + from.getDefinition().getPool());
    }
    pool.restore(from, sessions);
    for (Pool.Joiner joiner : pool.joiners) {
      joinerTimers.add(joiner);
      SessionState session = sessions.find(joiner.session());
      if (session != null) {
        session.joins++;
      }
    }
    ProcessState process = pool.process;
    SessionState parent = process == null ? null : sessions.find(process.parent);
    if (parent != null) {
      parent.started.put(pool.name(), pool);
    }
  }
}
