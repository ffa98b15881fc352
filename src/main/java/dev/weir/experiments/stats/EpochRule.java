package dev.weir.experiments.stats;

/**
 * How epochs of different weights are put together to one effect. Fixed before an experiment
 * starts. Users are never pooled over epochs without it: where weights and users' behaviour both
 * change, pooled means differ between equal arms (Simpson's paradox).
 */
public enum EpochRule {
  /**
   * Every user who was exposed counts the same: the effect is that on the users who came. The
   * smaller a probability may get, the wider the interval: what a bandit reports.
   */
  BY_USERS,

  /**
   * An epoch counts by what can be learned in it: its users times the smaller of the two arms'
   * probabilities. Where the effect is the same in all epochs this is the same effect, known more
   * precisely; the usual choice for tests.
   */
  BY_INFORMATION;

  /** The weight of a user under these probabilities. */
  double weight(double control, double treated) {
    return switch (this) {
      case BY_USERS -> 1;
      case BY_INFORMATION -> Math.min(control, treated);
    };
  }

  /** The largest distance of a weighted term from its prediction. */
  double scale(double floor) {
    return switch (this) {
      case BY_USERS -> 1 / floor;
      case BY_INFORMATION -> 1;
    };
  }
}
