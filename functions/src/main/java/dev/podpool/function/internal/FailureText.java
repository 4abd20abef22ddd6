package dev.podpool.function.internal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * A throwable of user code in words. User classes may throw from every method asked here, and may
 * lie in any way; what can't be had is named instead. Never throws but for lack of memory or stack.
 */
public final class FailureText {
  private static final int LINES_MAX = 200;
  private static final int CHARACTERS_MAX = 64 << 10;

  private final List<String> lines = new ArrayList<>();
  private final Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private int characters;
  private boolean cut;

  private final String plumbing;
  private final String type;
  private final String message;

  private FailureText(Throwable failure, String plumbing) {
    this.plumbing = plumbing;
    this.type = failure.getClass().getName();
    this.message = capped(message(failure));
  }

  /**
   * Describes {@code failure}.
   *
   * @param plumbing name of the class that called user code: its frames, and what is below, are
   *     left out
   */
  public static FailureText of(Throwable failure, String plumbing) {
    FailureText text = new FailureText(failure, plumbing);
    text.describe(failure, "");
    return text;
  }

  /** Class name of the throwable. */
  public String type() {
    return type;
  }

  /** Empty where it has none. */
  public String message() {
    return message;
  }

  /** The stack as {@code printStackTrace} has it, causes included, without our own frames. */
  public List<String> stack() {
    return lines;
  }

  private void describe(Throwable failure, String caption) {
    if (!seen.add(failure)) {
      add(caption + "[the same again: " + failure.getClass().getName() + "]");
      return;
    }
    String message = message(failure);
    add(caption + failure.getClass().getName() + (message.isEmpty() ? "" : ": " + message));
    addFrames(failure);
    try {
      for (Throwable suppressed : failure.getSuppressed()) {
        if (!cut) {
          describe(suppressed, "Suppressed: ");
        }
      }
      Throwable cause = failure.getCause();
      if (cause != null && !cut) {
        describe(cause, "Caused by: ");
      }
    } catch (Throwable broken) {
      add("[its cause can't be had: " + broken.getClass().getName() + "]");
    }
  }

  private void addFrames(Throwable failure) {
    try {
      StackTraceElement[] frames = failure.getStackTrace();
      int end = userFrames(frames);
      for (int i = 0; i < end && !cut; i++) {
        add("\tat " + frames[i]);
      }
    } catch (Throwable broken) {
      add("\t[its stack can't be had: " + broken.getClass().getName() + "]");
    }
  }

  /** How many frames are above the plumbing and what it calls functions by. */
  private int userFrames(StackTraceElement[] frames) {
    int end = 0;
    while (end < frames.length && !isOurs(frames[end])) {
      end++;
    }
    if (end == frames.length) {
      return end; // another thread's
    }
    while (end > 0 && isPlumbing(frames[end - 1].getClassName())) {
      end--;
    }
    return end;
  }

  private boolean isOurs(StackTraceElement frame) {
    String name = frame.getClassName();
    return name.startsWith(plumbing)
        && (name.length() == plumbing.length() || name.charAt(plumbing.length()) == '$');
  }

  private static boolean isPlumbing(String type) {
    return type.startsWith("dev.podpool.function.")
        || type.startsWith("dev.podpool.sandbox.")
        || type.startsWith("jdk.internal.reflect.")
        || type.startsWith("java.lang.reflect.")
        || type.startsWith("java.lang.invoke.");
  }

  private static String message(Throwable failure) {
    try {
      String message = failure.getMessage();
      return message == null ? "" : message;
    } catch (Throwable broken) {
      return "[its message can't be had: " + broken.getClass().getName() + "]";
    }
  }

  private void add(String line) {
    if (cut) {
      return;
    }
    if (lines.size() == LINES_MAX - 1 || characters + line.length() > CHARACTERS_MAX) {
      lines.add(
          "[cut here: more than " + LINES_MAX + " lines or " + CHARACTERS_MAX + " characters]");
      cut = true;
      return;
    }
    characters += line.length();
    lines.add(line);
  }

  private static String capped(String message) {
    return message.length() <= CHARACTERS_MAX
        ? message
        : message.substring(0, CHARACTERS_MAX) + "[cut here: " + message.length() + " characters]";
  }
}
