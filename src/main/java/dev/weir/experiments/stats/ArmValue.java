package dev.weir.experiments.stats;

/**
 * An arm's mean of a metric within [0, 1] under weights that follow the data, as a bandit's do:
 * what all exposed users would have had in this arm. The arm's own mean is biased there (a streak
 * of bad luck is never corrected, since the arm gets no more users, and drift meets arms
 * unequally); weighting each user by the inverse of the stored probability is not, and the
 * augmented form loses little precision (see {@link BoundedComparison} for the sources). Valid at
 * all times. Constant room and time per user. Not thread-safe.
 */
public final class ArmValue {
  private final double alpha;
  private final double floor;
  private final Terms terms;
  private final ArmMean mean = new ArmMean();

  /**
   * @param alpha of this interval
   * @param expectedUsers of all arms when it will be read
   * @param floor of the arm's probability, above zero
   */
  public ArmValue(double alpha, long expectedUsers, double floor) {
    Alpha.check(alpha);
    if (expectedUsers < 1 || !(floor > 0 && floor <= 1)) {
      throw new IllegalArgumentException(
          "expected users are at least 1, and a floor is within (0, 1]");
    }
    this.alpha = alpha;
    this.floor = floor;
    this.terms = new Terms(0.1 * expectedUsers * Math.min(1 / floor, 4), alpha / 2, 1 / floor);
  }

  /**
   * Adds a user of any arm, in an order that does not depend on what happened to them.
   *
   * @param mine whether the user was assigned to this arm
   * @param outcome the user's metric; not read of another arm's user
   * @param probability with which this arm was drawn for this user, whatever arm it became
   */
  public void observe(boolean mine, double outcome, double probability) {
    if (!(probability >= floor - 1e-9 && probability <= 1)) {
      throw new IllegalArgumentException("a probability within [" + floor + ", 1]: " + probability);
    }
    if (mine && !(outcome >= 0 && outcome <= 1)) {
      throw new IllegalArgumentException("an outcome lies within [0, 1]: " + outcome);
    }
    var expected = mean.next();
    terms.add(mine ? expected + (outcome - expected) / probability : expected, expected, 1);
    if (mine) {
      mean.add(outcome);
    }
  }

  /** The log of the evidence against this value: what {@link #estimate} inverts. */
  double logE(double supposed) {
    return terms.isEmpty() ? 0 : terms.logE(supposed);
  }

  /** The arm's value. Its p-value is 1, as nothing is under test. */
  public Estimate estimate() {
    var e = terms.twoSided(terms.isEmpty() ? 0 : terms.mean(), 0, 1, alpha, mean.users());
    return new Estimate(e.value(), e.lower(), e.upper(), 1, alpha, e.validity(), e.users());
  }
}
