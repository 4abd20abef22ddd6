package dev.podpool.queue;

import dev.podpool.protocol.Charge;
import dev.podpool.protocol.ItemState;
import dev.podpool.protocol.JobSnapshot;
import dev.podpool.protocol.LeaseSnapshot;
import dev.podpool.protocol.WatchSnapshot;

/** A job as a snapshot holds it. What can be derived is not in it. */
final class JobSnapshots {

  private JobSnapshots() {}

  static JobSnapshot of(Job job) {
    JobSnapshot.Builder into =
        JobSnapshot.newBuilder()
            .setNumber(job.number)
            .setSubmitted(job.submitted)
            .setDigest(job.digest)
            .setOwner(job.owner)
            .setItems(job.items.size())
            .setComplete(job.complete)
            .setDueAtMillis(job.dueAtMillis)
            .setLastLease(job.lastLease)
            .addAllInputs(job.inputs.snapshot())
            .setOutcomesFrom(job.log.from())
            .addAllOutcomes(job.log.all())
            .setPrincipal(job.principal)
            .setSubmittedAtMillis(job.submittedAtMillis)
            .setFailed(job.countEnded(ItemState.FAILED))
            .setDead(job.countEnded(ItemState.DEAD))
            .setCancelled(job.countEnded(ItemState.CANCELLED))
            .setExpired(job.countEnded(ItemState.EXPIRED));
    job.items.snapshot(into);
    job.ready.snapshot(into);
    job.deaths()
        .forEach(
            (index, count) ->
                into.addCharges(Charge.newBuilder().setIndex(index).setDeaths(count)));
    for (Lease lease : job.leases.values()) {
      into.addLeases(
          LeaseSnapshot.newBuilder()
              .setLease(lease.number)
              .setSession(lease.worker.session)
              .setFirst(lease.first)
              .setCount(lease.count)
              .setRemaining(lease.remaining)
              .setSole(lease.sole));
    }
    for (Watch watch : job.watches) {
      into.addWatches(
          WatchSnapshot.newBuilder()
              .setSession(watch.session.id)
              .setConfirmed(watch.confirmed())
              .setDelivered(watch.delivered()));
    }
    return into.build();
  }

  static Job restore(JobSnapshot from, Pool pool, Sessions sessions, Blobs blobs) {
    Job.Accepted accepted =
        new Job.Accepted(
            from.getSubmitted(),
            from.getDigest(),
            from.getOwner(),
            from.getPrincipal(),
            from.getSubmittedAtMillis());
    Job job = new Job(from.getNumber(), pool, accepted, blobs);
    job.dueAtMillis = from.getDueAtMillis();
    job.lastLease = from.getLastLease();
    job.complete = from.getComplete();
    job.items.restore(from);
    job.ready.restore(from);
    job.inputs.restore(from.getInputsList());
    job.log.restore(from.getOutcomesFrom(), from.getOutcomesList());
    from.getChargesList().forEach(charge -> job.setDeaths(charge.getIndex(), charge.getDeaths()));
    from.getLeasesList().forEach(lease -> restore(lease, job, sessions));
    for (long index = job.items.keptFrom(); index < job.items.size(); index++) {
      byte state = job.items.state(index);
      if (state <= Items.LEASED) {
        job.unended++;
      } else if (state == ItemState.DEAD_VALUE && !job.submitted.getDiscardConfirmed()) {
        job.dead++;
      }
    }
    job.restoreEnded(ItemState.FAILED, from.getFailed());
    job.restoreEnded(ItemState.DEAD, from.getDead());
    job.restoreEnded(ItemState.CANCELLED, from.getCancelled());
    job.restoreEnded(ItemState.EXPIRED, from.getExpired());
    job.settled = job.hasEnded();
    for (WatchSnapshot each : from.getWatchesList()) {
      SessionState session = sessions.find(each.getSession());
      if (session == null) {
        throw new IllegalStateException("snapshot tells no session: " + each.getSession());
      }
      job.watches.add(Watch.restore(session, each.getConfirmed(), each.getDelivered(), job));
    }
    job.countBytes();
    return job;
  }

  private static void restore(LeaseSnapshot from, Job job, Sessions sessions) {
    WorkerState worker = sessions.worker(from.getSession());
    if (worker == null) {
      throw new IllegalStateException("snapshot leases to no worker: " + from.getSession());
    }
    Lease lease =
        new Lease(job, from.getLease(), worker, from.getFirst(), from.getCount(), from.getSole());
    lease.remaining = from.getRemaining();
    job.leases.put(lease.number, lease);
    worker.leases.add(lease);
    job.eachHeld(lease, lease.first, lease.end(), (first, count) -> job.hold(lease, first, count));
  }
}
