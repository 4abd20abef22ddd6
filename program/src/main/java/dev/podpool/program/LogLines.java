package dev.podpool.program;

import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * What the process says, on its standard error: a line each, and what others sent can make neither
 * a new line nor an escape sequence of it.
 */
public final class LogLines extends Formatter {

  // Held, as the JDK holds them weakly.
  private static final List<Logger> LEVELS = new ArrayList<>();

  LogLines() {}

  private static Logger at(String name, Level level) {
    Logger logger = Logger.getLogger(name);
    logger.setLevel(level);
    return logger;
  }

  /**
   * From now on, all logging of this process comes so: warnings, and what {@code levels} says of
   * loggers by name.
   */
  public static synchronized void install(Map<String, Level> levels) {
    Logger root = at("", Level.WARNING);
    LEVELS.add(root);
    levels.forEach((name, level) -> LEVELS.add(at(name, level)));
    for (var handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    ConsoleHandler console = new ConsoleHandler();
    console.setLevel(Level.ALL);
    console.setFormatter(new LogLines());
    root.addHandler(console);
  }

  /** Prints {@code text} as a line of its own. */
  public static void say(PrintStream to, String text) {
    to.println(escaped(text));
  }

  @Override
  public String format(LogRecord logged) {
    StringBuilder lines =
        new StringBuilder()
            .append(Instant.ofEpochMilli(logged.getMillis()).truncatedTo(ChronoUnit.MILLIS))
            .append(' ')
            .append(logged.getLevel().getName())
            .append(' ')
            .append(logged.getLoggerName())
            .append(": ")
            .append(escaped(formatMessage(logged)))
            .append('\n');
    String word = "";
    for (Throwable cause = logged.getThrown(); cause != null; cause = cause.getCause()) {
      lines.append(word).append(escaped(cause.toString())).append('\n');
      for (StackTraceElement frame : cause.getStackTrace()) {
        lines.append("\tat ").append(frame).append('\n');
      }
      word = "caused by ";
    }
    return lines.toString();
  }

  /** {@code text} without a character that could begin a line, or control a terminal. */
  public static String escaped(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            point -> {
              int type = Character.getType(point);
              boolean isSafe =
                  type != Character.CONTROL
                      && type != Character.FORMAT
                      && type != Character.LINE_SEPARATOR
                      && type != Character.PARAGRAPH_SEPARATOR
                      && type != Character.SURROGATE;
              if (isSafe) {
                safe.appendCodePoint(point);
              } else {
                safe.append("\\u{").append(Integer.toHexString(point)).append('}');
              }
            });
    return safe.toString();
  }
}
