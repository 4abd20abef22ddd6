package dev.podpool.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogLinesTest {

  @Test
  void whatComesFromOthersMakesNoLineAndNoEscapeSequence() {
    assertThat(LogLines.escaped("a\nb\u001b[31mc\u202ed\té"))
        .isEqualTo("a\\u{a}b\\u{1b}[31mc\\u{202e}d\\u{9}é");
    var logged = new LogRecord(Level.WARNING, "one\ntwo");
    logged.setLoggerName("x");
    logged.setThrown(new IOException("three\nfour", new IOException("five")));
    assertThat(new LogLines().format(logged).lines().filter(each -> !each.startsWith("\tat ")))
        .hasSize(3)
        .last()
        .isEqualTo("caused by java.io.IOException: five");
  }
}
