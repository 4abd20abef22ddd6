package dev.podpool.program;

/** By what a queue's program, and whoever starts it, tell a lost directory from a new one. */
public final class LostData {

  /**
   * The variable that says since when the queue has kept data, for people. Where it is set, an
   * empty directory is refused; where it is not, or empty, a queue may begin there.
   */
  public static final String SINCE = "PODPOOL_DATA_SINCE";

  /** Words of that refusal. */
  public static final String WORDS = "its data is lost";

  private LostData() {}
}
