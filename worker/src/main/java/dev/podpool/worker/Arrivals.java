package dev.podpool.worker;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Failure;
import dev.podpool.protocol.FailureKind;
import dev.podpool.sandbox.Frames;
import dev.podpool.worker.BlobReader.WrongBytesException;
import dev.podpool.worker.Fetches.Fetch;
import java.io.FileNotFoundException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Items that the queue has assigned and that are not all here: they wait for their code, and then
 * for their input if that is a blob. From here they go to the backlog; or to the report, failed if
 * what they wait for is of no use, returned uncharged if it could not be had for so long. Nothing
 * here blocks. Owned by the supervisor's thread.
 *
 * <p>Invariant: an item here is with one code that is not here, in {@code inputs}, or in {@code
 * coming}; exactly one of them.
 */
final class Arrivals {
  /** Fetched inputs that no child has got yet; one that is larger comes alone. */
  static final long AHEAD_BYTES_MAX = 64 << 20;

  /** Of archives, but for those in use. */
  static final long CODE_BYTES_MAX = 2L << 30;

  private static final int INPUT_FETCHES_MAX = 4;
  private static final long UNUSABLE_NANOS = 30_000_000_000L;

  /** So often items are given back for what cannot be fetched; then they fail. */
  private static final int GIVEN_BACK_MAX = 2;

  private static final int VAIN_MAX = 1024;
  private static final System.Logger LOG = System.getLogger(Arrivals.class.getName());

  private record Coming(Items items, Fetch fetch, long bytes) {}

  private final WorkerSettings settings;
  private final Backlog backlog;
  private final Report report;
  private final Codes codes;
  private final Fetches fetches;
  private final @Nullable BlobReader reader;
  private final @Nullable CodeCache cache;
  private final ArrayDeque<Items> inputs = new ArrayDeque<>();
  private final List<Coming> coming = new ArrayList<>();

  /** How often in a row the worker gave up on a class path or an input, by what names it. */
  private final Map<Object, Integer> vain =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Integer> eldest) {
          return size() > VAIN_MAX;
        }
      };

  Arrivals(
      WorkerSettings settings,
      Backlog backlog,
      Report report,
      Codes codes,
      Fetches fetches,
      CodeDirectory directory) {
    this.settings = settings;
    this.backlog = backlog;
    this.report = report;
    this.codes = codes;
    this.fetches = fetches;
    WorkerSettings.Blobs blobs = settings.blobs();
    reader = blobs.source() == null ? null : new BlobReader(blobs.source(), blobs.fetchTimeout());
    cache = reader == null ? null : new CodeCache(directory, reader, CODE_BYTES_MAX);
  }

  /** Takes {@code items}, all with their input here or one without. */
  void add(Items items) {
    Code code = items.workload().code;
    if (code == null || code.isHere()) {
      admit(items);
      return;
    }
    if (code.unusable != null && System.nanoTime() - code.unusableAtNanos < UNUSABLE_NANOS) {
      fail(items, code.unusable);
      return;
    }
    code.waiting.addLast(items);
    if (code.fetch == null) {
      fetch(code);
    }
  }

  private void fetch(Code code) {
    codes.forget(CODE_BYTES_MAX - code.bytes(), this, cache);
    if (cache == null) {
      failedCode(code, noSource(FailureKind.FUNCTION_NOT_FOUND, "the function's code"));
      return;
    }
    code.unusable = null;
    CodeCache from = cache;
    code.fetch =
        fetches.start(
            own -> from.open(code.archives, own),
            files -> cameCode(code, files),
            failure -> failedCode(code, failure));
  }

  private void admit(Items items) {
    if (items.input() != Items.Input.ELSEWHERE) {
      backlog.addLast(items);
    } else if (reader == null) {
      fail(items, noSource(FailureKind.INPUT_NOT_DECODED, "the input, which is large,"));
    } else {
      inputs.addLast(items);
    }
  }

  private static UnusableException noSource(FailureKind kind, String what) {
    return new UnusableException(
        kind,
        what
            + " is kept by the queue, and this worker has nothing to fetch it from; start workers"
            + " with a source of blobs");
  }

  private void cameCode(Code code, List<String> files) {
    code.fetch = null;
    code.files = files;
    vain.remove(code.archives);
    Items items;
    while ((items = code.waiting.poll()) != null) {
      admit(items);
    }
  }

  private void failedCode(Code code, Exception failure) {
    code.fetch = null;
    List<Items> waited = new ArrayList<>(code.waiting);
    code.waiting.clear();
    if (failure instanceof UnusableException unusable) {
      code.unusable = unusable;
      code.unusableAtNanos = System.nanoTime();
      waited.forEach(items -> fail(items, unusable));
    } else {
      giveUp(waited, code.archives, "code", FailureKind.FUNCTION_NOT_FOUND, failure);
    }
  }

  /** Another worker may have better luck; but not for ever, as nobody's luck may be better. */
  private void giveUp(
      List<Items> waited, Object wanted, String what, FailureKind kind, Exception failure) {
    int times = vain.merge(wanted, 1, Integer::sum);
    if (times > GIVEN_BACK_MAX) {
      vain.remove(wanted);
      UnusableException unfetchable =
          new UnusableException(
              kind,
              "the item's "
                  + what
                  + " is kept by the queue, and could not be fetched from it, "
                  + times
                  + " times in a row for "
                  + settings.blobs().fetchTimeout()
                  + " each: "
                  + failure
                  + "; see to the connection between worker and queue, and submit the job again");
      waited.forEach(items -> fail(items, unfetchable));
      return;
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "worker '" + settings.worker() + "' gives items back: it could not fetch their " + what,
        failure);
    waited.forEach(report::returned);
  }

  private void fail(Items items, UnusableException unusable) {
    Failure failure =
        Failure.newBuilder()
            .setKind(unusable.kind())
            .setMessage(unusable.getMessage())
            .setWorker(settings.worker())
            .setAttempt(items.attempt())
            .build();
    for (long index = items.first(); index < items.end(); index++) {
      report.failed(items, index, failure);
    }
  }

  /** Begins to fetch inputs that there is room for. */
  void fetchInputs() {
    while (reader != null && !inputs.isEmpty() && coming.size() < INPUT_FETCHES_MAX) {
      Items items = inputs.getFirst();
      Blob blob;
      try {
        blob = blob(items);
      } catch (UnusableException e) {
        inputs.removeFirst();
        fail(items, e);
        continue;
      }
      long ahead = backlog.fetchedBytes();
      for (Coming each : coming) {
        ahead += each.bytes;
      }
      if (ahead > 0 && ahead + blob.getSizeBytes() > AHEAD_BYTES_MAX) {
        return;
      }
      inputs.removeFirst();
      BlobReader from = reader;
      Fetch fetch =
          fetches.start(
              own -> payload(from, blob, own),
              data -> cameInput(items, data),
              failure -> failedInput(items, failure));
      coming.add(new Coming(items, fetch, blob.getSizeBytes()));
    }
  }

  private static Blob blob(Items items) throws UnusableException {
    Blob blob = null;
    try {
      blob = Blob.parseDelimitedFrom(items.data().newInput());
    } catch (InvalidProtocolBufferException e) {
      // As below.
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail", e);
    }
    if (blob == null
        || blob.getSha256().size() != 32
        || blob.getSizeBytes() < 0
        || blob.getSizeBytes() > Frames.PAYLOAD_BYTES_MAX) {
      throw new UnusableException(
          FailureKind.INPUT_NOT_DECODED,
          "the input is kept as a blob of no or more than 64 MiB; pass something smaller");
    }
    return blob;
  }

  /** The blob's bytes as a payload, its length before it. */
  private static ByteString payload(BlobReader reader, Blob blob, Fetch fetch) throws Exception {
    int size = (int) blob.getSizeBytes();
    int start = CodedOutputStream.computeUInt32SizeNoTag(size);
    byte[] payload = new byte[start + size];
    CodedOutputStream.newInstance(payload).writeUInt32NoTag(size);
    try {
      reader.read(blob, () -> new Into(payload, start), fetch);
    } catch (WrongBytesException | FileNotFoundException e) {
      throw new UnusableException(
          FailureKind.INPUT_NOT_DECODED,
          "the input is kept as a blob that cannot be used: "
              + e.getMessage()
              + "; submit the job again");
    }
    return UnsafeByteOperations.unsafeWrap(payload);
  }

  @SuppressWarnings("ReferenceEquality") // the very same: an item may come twice
  private void ended(Items items) {
    coming.removeIf(each -> each.items == items);
  }

  private void cameInput(Items items, ByteString data) {
    ended(items);
    vain.remove(items.data());
    backlog.addLast(items.withFetched(data));
  }

  private void failedInput(Items items, Exception failure) {
    ended(items);
    if (failure instanceof UnusableException unusable) {
      fail(items, unusable);
    } else {
      giveUp(List.of(items), items.data(), "input", FailureKind.INPUT_NOT_DECODED, failure);
    }
  }

  /** When to look again at what may have stalled; {@link Long#MAX_VALUE} for never. */
  long dueAtNanos() {
    long due = Long.MAX_VALUE;
    for (Code code : codes.all()) {
      due = Math.min(due, code.fetch == null ? due : stallsAtNanos(code.fetch));
    }
    for (Coming each : coming) {
      due = Math.min(due, stallsAtNanos(each.fetch));
    }
    return due;
  }

  private long stallsAtNanos(Fetch fetch) {
    return fetch.progressNanos() + settings.blobs().fetchTimeout().toNanos();
  }

  /** Gives up on sources that have said nothing for too long. */
  void expire(long nowNanos) {
    for (Code code : codes.all()) {
      Fetch fetch = code.fetch;
      if (fetch != null && stallsAtNanos(fetch) <= nowNanos) {
        fetch.cancel();
        failedCode(code, stalled());
      }
    }
    for (Coming each : List.copyOf(coming)) {
      if (stallsAtNanos(each.fetch) <= nowNanos) {
        each.fetch.cancel();
        failedInput(each.items, stalled());
      }
    }
  }

  private IOException stalled() {
    return new IOException("nothing came for " + settings.blobs().fetchTimeout());
  }

  int size() {
    int[] size = {0};
    forEach(items -> size[0] += items.count());
    return size[0];
  }

  void forEach(Consumer<Items> consumer) {
    for (Code code : codes.all()) {
      code.waiting.forEach(consumer);
    }
    coming.forEach(each -> consumer.accept(each.items));
    inputs.forEach(consumer);
  }

  /** Takes up to {@code n} items, those that are farthest from being here. */
  List<Items> takeLast(int n) {
    List<Items> taken = new ArrayList<>();
    int left = n;
    for (Code code : codes.all()) {
      left -= Backlog.takeLast(code.waiting, left, taken);
    }
    left -= Backlog.takeLast(inputs, left, taken);
    while (left > 0 && !coming.isEmpty()) {
      Coming last = coming.remove(coming.size() - 1);
      last.fetch.cancel();
      taken.add(last.items);
      left--;
    }
    return taken;
  }

  /** Keeps what {@code filter} leaves of each run. */
  void filter(ItemFilter filter) {
    for (Code code : codes.all()) {
      filter(code.waiting, filter);
    }
    filter(inputs, filter);
    Iterator<Coming> each = coming.iterator();
    while (each.hasNext()) {
      Coming next = each.next();
      if (!filter.keepsAll(next.items)) {
        next.fetch.cancel();
        each.remove();
      }
    }
  }

  private static void filter(ArrayDeque<Items> runs, ItemFilter filter) {
    List<Items> kept = filter.keepOf(new ArrayList<>(runs));
    runs.clear();
    runs.addAll(kept);
  }

  /** Ends what is under way. */
  void close() {
    for (Code code : codes.all()) {
      if (code.fetch != null) {
        code.fetch.cancel();
      }
    }
    coming.forEach(each -> each.fetch.cancel());
    fetches.close();
    if (cache != null) {
      cache.close();
    }
  }

  /** Writes into an array, and refuses to go on behind it. */
  private static final class Into extends FilterOutputStream {
    private final byte[] array;
    private int at;

    Into(byte[] array, int start) {
      super(OutputStream.nullOutputStream());
      this.array = array;
      this.at = start;
    }

    @Override
    public void write(int value) {
      array[at++] = (byte) value;
    }

    @Override
    public void write(byte[] bytes, int offset, int count) {
      System.arraycopy(bytes, offset, array, at, count);
      at += count;
    }
  }
}
