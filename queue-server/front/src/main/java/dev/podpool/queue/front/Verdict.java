package dev.podpool.queue.front;

/**
 * Whether something is allowed.
 *
 * @param why for people, with a remedy where it is not; empty where it is
 */
public record Verdict(Kind kind, String why) {

  /** It is. */
  public static final Verdict YES = new Verdict(Kind.YES, "");

  /** What there is to say. */
  public enum Kind {
    YES,
    NO,
    /** It can't be told now; ask again. */
    UNKNOWN
  }

  /** It is not, because of {@code why}. */
  public static Verdict no(String why) {
    return new Verdict(Kind.NO, why);
  }

  /** It can't be told now, because of {@code why}. */
  public static Verdict unknown(String why) {
    return new Verdict(Kind.UNKNOWN, why);
  }

  boolean isYes() {
    return kind == Kind.YES;
  }
}
