package dev.podpool.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class PrinterTest {

  @Test
  void aTerminalThatIsStuckCostsOutputAndNotMemory() {
    CountDownLatch stuck = new CountDownLatch(1);
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream terminal =
        new PrintStream(
            new OutputStream() {
              @Override
              public void write(int value) {
                write(new byte[] {(byte) value}, 0, 1);
              }

              @Override
              public void write(byte[] text, int offset, int count) {
                try {
                  stuck.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                printed.write(text, offset, count);
              }
            },
            true,
            StandardCharsets.UTF_8);
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    PrintStream errorOutput = new PrintStream(errors, true, StandardCharsets.UTF_8);
    Printer printer = new Printer(terminal, errorOutput);
    String kibibytes = "x".repeat(64 << 10);

    for (int i = 0; i < 1_600; i++) {
      printer.output(0, null, -1, 1, kibibytes);
    }
    stuck.countDown();
    printer.close();

    assertThat(printed.size()).isLessThanOrEqualTo(2 << 20);
    assertThat(errors.toString(StandardCharsets.UTF_8))
        .contains((1_600L << 16) - printed.size() + " characters of output dropped");
  }

  @Test
  void whoAwaitsWhatAStuckTerminalHasToPrintIsHeldUpOnce() throws InterruptedException {
    CountDownLatch stuck = new CountDownLatch(1);
    PrintStream terminal =
        new PrintStream(
            new OutputStream() {
              @Override
              public void write(int value) {
                try {
                  stuck.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }
            });
    Printer printer = new Printer(terminal, terminal);
    printer.output(0, null, -1, 1, "text");
    for (int i = 0; i < 10_000; i++) { // of two seconds each, if each were
      printer.awaitPrinted();
    }
    stuck.countDown();
    printer.close();
  }
}
