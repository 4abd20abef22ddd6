package dev.podpool.queue;

import dev.podpool.protocol.ConfirmResults;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.JobGone;
import java.util.LinkedHashSet;

/** Which sessions read which jobs' outcomes. */
final class Watches {

  private final LinkedHashSet<Job> touched = new LinkedHashSet<>();
  // Were full, and have confirmed since.
  private final LinkedHashSet<SessionState> freed = new LinkedHashSet<>();

  /** {@code job} may have outcomes, or room in a window, that it had not before. */
  void touch(Job job) {
    touched.add(job);
  }

  /** {@code session} reads from {@code position} on, whatever it has read before. */
  void start(Job job, SessionState session, long position) {
    stop(job, session);
    long from = Math.min(Math.max(position, job.log.from()), job.log.end());
    job.watches.add(new Watch(session, from));
    session.watched.put(job.number, job);
    touch(job);
  }

  private void stop(Job job, SessionState session) {
    boolean wasFull = session.isFull();
    job.watches.removeIf(
        watch -> {
          boolean its = watch.session == session;
          if (its) {
            watch.end();
          }
          return its;
        });
    noteFreed(session, wasFull);
  }

  private void noteFreed(SessionState session, boolean wasFull) {
    if (wasFull && !session.isFull()) {
      freed.add(session);
    }
  }

  void confirm(Job job, SessionState session, ConfirmResults confirm) {
    boolean wasFull = session.isFull();
    for (Watch watch : job.watches) {
      if (watch.session == session) {
        watch.confirm(confirm.getPosition(), job.log);
      }
    }
    touch(job);
    noteFreed(session, wasFull);
  }

  /** The end of an entry. */
  void deliver(Effects effects) {
    for (SessionState session : freed) {
      while (!session.isFull() && !session.waiting.isEmpty()) {
        Job job = session.waiting.iterator().next();
        session.waiting.remove(job);
        advance(job, effects);
      }
    }
    freed.clear();
    touched.forEach(job -> advance(job, effects));
    touched.clear();
  }

  private static void advance(Job job, Effects effects) {
    for (Watch watch : job.watches) {
      watch.advance(job, effects);
    }
    job.dropConfirmed();
  }

  /** Delivers what was delivered to {@code session} and not confirmed, once more. */
  static void resume(SessionState session, Effects effects) {
    for (Job job : session.watched.values()) {
      for (Watch watch : job.watches) {
        if (watch.session == session && (watch.delivered() > watch.confirmed() || job.hasEnded())) {
          effects.deliver(session.id, watch.again(job));
        }
      }
    }
  }

  /**
   * {@code job} goes; whoever else watches it still gets what the window lets through, or hears
   * that there was more.
   */
  void forget(Job job, Effects effects) {
    advance(job, effects);
    touched.remove(job);
    for (Watch watch : job.watches) {
      if (!watch.isLastDelivered()) {
        effects.deliver(
            watch.session.id,
            Delivery.newBuilder().setJobGone(JobGone.newBuilder().setJobId(job.id)).build());
      }
      boolean wasFull = watch.session.isFull();
      watch.end();
      watch.session.watched.remove(job.number);
      watch.session.waiting.remove(job);
      noteFreed(watch.session, wasFull);
    }
  }

  void end(SessionState session) {
    for (Job job : session.watched.values()) {
      stop(job, session);
    }
    freed.remove(session);
  }
}
