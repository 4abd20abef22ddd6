package dev.podpool.sim;

/**
 * A process with a clock of its own, which begins anywhere and runs too fast or too slow, and which
 * may stand still: what happens to it meanwhile it finds when it goes on. Its clock goes on, too.
 */
final class Party {

  private static final int DAY_MILLIS = 86_400_000;
  private static final int RIGHT_PERMILLE = 1_000;
  private static final int WRONG_PERMILLE_MAX = 50;

  /** As far as time may run in a party while one millisecond does. */
  static final double FASTEST = 1 + WRONG_PERMILLE_MAX / (double) RIGHT_PERMILLE;

  private final World world;
  private final long originMillis;
  private final int permille;
  private long standsUntilMillis;
  private long stoodMillis;
  private boolean gone;

  Party(World world) {
    this.world = world;
    int origin = world.upTo(2 * DAY_MILLIS);
    int wrong = world.between(-WRONG_PERMILLE_MAX, WRONG_PERMILLE_MAX);
    boolean isWrong = world.has(Fault.CLOCKS);
    originMillis = isWrong ? origin : 0;
    permille = RIGHT_PERMILLE + (isWrong ? wrong : 0);
    world.after(world.between(2_000, 30_000), this::trouble);
  }

  private void trouble() {
    if (gone || !world.isFaulty()) {
      return;
    }
    // Longer than a session's term, now and then.
    int millis = world.oneIn(3) ? world.between(8_000, 25_000) : world.between(50, 3_000);
    if (world.has(Fault.PAUSE)) {
      standsUntilMillis = world.nowMillis() + millis;
      stoodMillis += (long) millis * permille / RIGHT_PERMILLE;
    }
    world.after(millis + world.between(2_000, 30_000), this::trouble);
  }

  /** By its own clock, which does not run backwards; above 0. */
  long nowMillis() {
    return 1 + originMillis + world.nowMillis() * permille / RIGHT_PERMILLE;
  }

  /** As {@link #nowMillis}, without the time that it stood still. */
  long awakeMillis() {
    return nowMillis() - stoodMillis;
  }

  /** Has {@code what} happen {@code millis} later by its own clock, if it is still there. */
  void after(long millis, Runnable what) {
    long trueMillis = (Math.max(0, millis) * RIGHT_PERMILLE + permille - 1) / permille;
    world.after(trueMillis, () -> happen(what));
  }

  /** Has {@code what} happen to it now, or when it goes on; never if it is gone by then. */
  void happen(Runnable what) {
    if (gone) {
      return;
    }
    if (standsStill()) {
      world.after(standsUntilMillis - world.nowMillis(), () -> happen(what));
    } else {
      what.run();
    }
  }

  boolean standsStill() {
    return world.nowMillis() < standsUntilMillis;
  }

  /** It is no more: nothing happens to it. */
  void end() {
    gone = true;
  }
}
