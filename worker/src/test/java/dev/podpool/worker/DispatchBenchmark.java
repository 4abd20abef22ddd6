package dev.podpool.worker;

import com.google.protobuf.ByteString;
import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.CapturedFunction;
import dev.podpool.function.internal.PayloadWriter;
import dev.podpool.protocol.Assign;
import dev.podpool.protocol.Delivery;
import dev.podpool.protocol.JobHeader;
import dev.podpool.protocol.Operation;
import dev.podpool.protocol.Outcome;
import dev.podpool.protocol.Payloads;
import dev.podpool.protocol.Range;
import dev.podpool.session.QueueSession;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A worker by itself, against a queue that costs next to nothing. Run by hand. */
final class DispatchBenchmark implements QueueSession {
  private final Worker worker;
  private final JobHeader job;
  private int window;
  private int leased;
  private int[] offsets = new int[1];
  private ByteString data = ByteString.EMPTY;
  private int next;
  private int left;
  private long credits;
  private int rangeMax = Integer.MAX_VALUE;
  private CountDownLatch done = new CountDownLatch(1);

  static int identity(int n) {
    return n;
  }

  static int sleepOne(int n) throws InterruptedException {
    Thread.sleep(1);
    return n;
  }

  DispatchBenchmark(int slots, CapturedFunction function, List<String> jvmArguments)
      throws Exception {
    job =
        JobHeader.newBuilder()
            .setJobId(ByteString.copyFrom(new byte[16]))
            .setFunction(ByteString.copyFrom(function.reference()))
            .setMaxAttempts(3)
            .build();
    worker = new Worker(WorkerSettings.of("p", "w", slots).withJvmArguments(jvmArguments));
    worker.start(this);
  }

  synchronized CountDownLatch submit(int items) {
    PayloadWriter writer = new PayloadWriter();
    offsets = new int[items + 1];
    for (int i = 0; i < items; i++) {
      writer.append(
          Integer.toString(i).getBytes(java.nio.charset.StandardCharsets.US_ASCII),
          0,
          Integer.toString(i).length());
      offsets[i + 1] = writer.sizeBytes();
    }
    data = ByteString.copyFrom(writer.toByteArray());
    next = 0;
    left = items;
    done = new CountDownLatch(1);
    handOut();
    return done;
  }

  @Override
  public synchronized void send(Operation operation) {
    if (operation.hasGiveCredit()) {
      window = operation.getGiveCredit().getWindow();
      credits++;
    } else if (operation.hasReportItems()) {
      for (Outcome outcome : operation.getReportItems().getOutcomesList()) {
        leased -= outcome.getCount();
        left -= outcome.getCount();
        if (!outcome.hasSucceeded()) {
          System.out.println(outcome);
        }
      }
      if (left == 0) {
        done.countDown();
      }
    }
    handOut();
  }

  private void handOut() {
    Assign.Builder assign = Assign.newBuilder();
    while (leased < window && next < offsets.length - 1) {
      int count = Math.min(Math.min(window - leased, rangeMax), offsets.length - 1 - next);
      assign.addRanges(
          Range.newBuilder()
              .setJob(job)
              .setLease(1)
              .setAttempt(1)
              .setFirst(next)
              .setInputs(
                  Payloads.newBuilder()
                      .setCount(count)
                      .setData(data.substring(offsets[next], offsets[next + count]))));
      next += count;
      leased += count;
    }
    if (assign.getRangesCount() > 0) {
      worker.onDelivery(Delivery.newBuilder().setAssign(assign).build());
    }
  }

  public static void main(String[] arguments) throws Exception {
    List<String> jvm = List.of(arguments);
    if (System.getProperty("only") != null) {}
    CapturedFunction identity =
        Capture.capture(
            (dev.podpool.function.RemoteFunction<Integer, Integer>) DispatchBenchmark::identity);
    for (int i = 0; i < 5; i++) {
      long start = System.nanoTime();
      var first = new DispatchBenchmark(5, identity, jvm);
      first.submit(1).await();
      System.out.printf("5 children, first result %d ms%n", millis(start));
      first.submit(5).await();
      first.worker.close();
      System.out.printf("  closed %d ms%n", millis(start));
    }
    for (int rangeMax : new int[] {Integer.MAX_VALUE, 1}) {
      var four = new DispatchBenchmark(4, identity, jvm);
      four.rangeMax = rangeMax;
      for (int i = 0; i < 8; i++) {
        long start = System.nanoTime();
        int items = 200_000 * (i < 4 ? 1 : 5);
        four.submit(items).await(60, TimeUnit.SECONDS);
        System.out.printf(
            "4 slots, ranges up to %d: %d no-op items, %.0f k/s, credits %d window %d%n",
            rangeMax, items, items * 1e6 / (System.nanoTime() - start), four.credits, four.window);
      }
      four.worker.close();
    }
    CapturedFunction sleep =
        Capture.capture(
            (dev.podpool.function.RemoteFunction<Integer, Integer>) DispatchBenchmark::sleepOne);
    var five = new DispatchBenchmark(5, sleep, jvm);
    for (int i = 0; i < 3; i++) {
      long start = System.nanoTime();
      five.submit(5000).await();
      System.out.printf("5 slots, 5000 x 1 ms: %d ms%n", millis(start));
    }
    five.worker.close();
    var one = new DispatchBenchmark(1, identity, jvm);
    for (int round = 0; round < 3; round++) {
      long[] nanos = new long[5000];
      for (int i = 0; i < nanos.length; i++) {
        long start = System.nanoTime();
        one.submit(1).await();
        nanos[i] = System.nanoTime() - start;
      }
      Arrays.sort(nanos);
      System.out.printf(
          "1 slot round trip p50 %d us, p99 %d us%n", nanos[2500] / 1000, nanos[4950] / 1000);
    }
    one.worker.close();
  }

  private static long millis(long start) {
    return (System.nanoTime() - start) / 1_000_000;
  }
}
