package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.JobHeader;

/** Neighbouring items of one lease with their inputs, held by this worker. Immutable. */
record Items(
    JobHeader job,
    Workload workload,
    int lease,
    int attempt,
    long first,
    int count,
    ByteString data,
    Input input) {

  /** What {@code data} holds. */
  enum Input {
    /** The inputs. */
    INLINE,
    /** Of one item, the blob that its input is kept as. */
    ELSEWHERE,
    /** Of one item, its input, which was elsewhere. */
    FETCHED
  }

  long end() {
    return first + count;
  }

  /** A begun item must never run again, and has to be reported at once. */
  boolean runsOnce() {
    return job.getMaxAttempts() == 1;
  }

  boolean isOf(ByteString jobId, int ofLease) {
    return lease == ofLease && job.getJobId().equals(jobId);
  }

  /** The first {@code n} of them; {@code bytes} is what {@link #bytesOf} says of them. */
  Items front(int n, int bytes) {
    return n == count
        ? this
        : new Items(job, workload, lease, attempt, first, n, data.substring(0, bytes), input);
  }

  /** Those behind the first {@code n}. */
  Items behind(int n, int bytes) {
    return new Items(
        job, workload, lease, attempt, first + n, count - n, data.substring(bytes), input);
  }

  /** The one item, with its input in place of the blob. */
  Items withFetched(ByteString payload) {
    return new Items(job, workload, lease, attempt, first, count, payload, Input.FETCHED);
  }

  /** The one item, of which {@code data} holds the blob. */
  Items elsewhere() {
    return new Items(job, workload, lease, attempt, first, count, data, Input.ELSEWHERE);
  }

  /** Items from {@code from} on and before {@code to}, both counted from the first. */
  Items slice(int from, int to) {
    if (from == 0 && to == count) {
      return this;
    }
    int start = bytesOf(from);
    Items behind = from == 0 ? this : behind(from, start);
    return to == count ? behind : behind.front(to - from, behind.bytesOf(to - from));
  }

  /** Bytes of {@code data} that the first {@code n} inputs take. */
  int bytesOf(int n) {
    if (n == count) {
      return data.size();
    }
    int position = 0;
    for (int i = 0; i < n; i++) {
      position = skip(position);
    }
    return position;
  }

  /** Where the input that starts at {@code position} of {@code data} ends. */
  int skip(int position) {
    int length = 0;
    int shift = 0;
    byte b;
    do {
      b = data.byteAt(position++);
      length |= (b & 0x7f) << shift;
      shift += 7;
    } while (b < 0);
    return position + length;
  }
}
