package dev.podpool.queue;

import dev.podpool.protocol.ConfirmResults;
import java.util.LinkedHashSet;

/** Which sessions read which jobs' outcomes. */
final class Watches {

  private final LinkedHashSet<Job> touched = new LinkedHashSet<>();

  /** {@code job} may have outcomes, or room in a window, that it had not before. */
  void touch(Job job) {
    touched.add(job);
  }

  /** {@code session} reads from {@code position} on, whatever it has read before. */
  void start(Job job, SessionState session, long position) {
    job.watches.removeIf(watch -> watch.session == session.id);
    long from = Math.min(Math.max(position, job.log.from()), job.log.end());
    job.watches.add(new Watch(session.id, from));
    session.watched.put(job.number, job);
    touch(job);
  }

  void confirm(Job job, SessionState session, ConfirmResults confirm) {
    for (Watch watch : job.watches) {
      if (watch.session == session.id) {
        watch.confirm(confirm.getPosition(), job.log);
      }
    }
    touch(job);
  }

  /** The end of an entry. */
  void deliver(Effects effects) {
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
        if (watch.session == session.id
            && (watch.delivered() > watch.confirmed() || job.hasEnded())) {
          effects.deliver(session.id, watch.again(job));
        }
      }
    }
  }

  /** {@code job} goes; whoever else watches it still gets what the window lets through. */
  void forget(Job job, Sessions sessions, Effects effects) {
    advance(job, effects);
    touched.remove(job);
    for (Watch watch : job.watches) {
      SessionState session = sessions.find(watch.session);
      if (session != null) {
        session.watched.remove(job.number);
      }
    }
  }

  static void end(SessionState session) {
    for (Job job : session.watched.values()) {
      job.watches.removeIf(watch -> watch.session == session.id);
    }
  }
}
