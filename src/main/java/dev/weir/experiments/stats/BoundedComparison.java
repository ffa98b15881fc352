package dev.weir.experiments.stats;

/**
 * The difference of two arms in a metric that lies within [0, 1] for each user (the share of a
 * user's calls that were valid, a first trial that failed): treated minus control, valid at all
 * times and for all sample sizes.
 *
 * <p>Each user adds one term, the augmented inverse-propensity estimate of the difference: {@code
 * m1 - m0 + [treated] (y - m1) / p1 - [control] (y - m0) / p0}, where m1 and m0 are the arms' means
 * so far and p1 and p0 the probabilities under which this user was assigned (Robins, Rotnitzky and
 * Zhao, 1994; with confidence sequences Waudby-Smith, Wu, Ramdas, Karampatziakis and Mineiro,
 * 2024). Its expectation is the difference, whatever m1 and m0 are, so it needs no model, and stays
 * right where probabilities change by epochs, as a bandit's do. The terms are bounded and go into
 * an empirical-Bernstein mixture ({@link Terms}). Under drift it covers the average difference over
 * the users so far, weighted as the {@link EpochRule} says.
 *
 * <p>Users of other arms are given too, as {@link Arm#OTHER}. Users must be given in an order that
 * does not depend on what happened to them (the end of their windows, then their ids), and each
 * once. Constant room and time per user. Not thread-safe.
 */
public final class BoundedComparison {
  private final double alpha;
  private final EpochRule rule;
  private final double floor;
  private final Terms twoSided;
  private final Terms oneSided;
  private final ArmMean control = new ArmMean();
  private final ArmMean treated = new ArmMean();

  /**
   * A comparison for tests, by {@link EpochRule#BY_INFORMATION}, of arms of about equal weight.
   *
   * @param alpha of this comparison, see {@link Alpha#perComparison}
   * @param expectedUsers of both arms when a decision is expected: the interval is tightest near it
   *     and right everywhere
   */
  public BoundedComparison(double alpha, long expectedUsers) {
    this(alpha, expectedUsers, 0.5);
  }

  /**
   * A comparison for tests, by {@link EpochRule#BY_INFORMATION}.
   *
   * @param alpha of this comparison, see {@link Alpha#perComparison}
   * @param expectedUsers of both arms when a decision is expected: the interval is tightest near it
   *     and right everywhere
   * @param smallerShare the smaller arm's share of the two arms' users, as planned, within (0,
   *     0.5]; what it becomes changes the width a little and the validity not at all
   */
  public BoundedComparison(double alpha, long expectedUsers, double smallerShare) {
    this(
        alpha,
        EpochRule.BY_INFORMATION,
        smallerShare,
        expectedUsers,
        spread((double) expectedUsers, smallerShare));
  }

  /**
   * A comparison of arms whose weights move, as a bandit's do.
   *
   * @param alpha of this comparison, see {@link Alpha#perComparison}
   * @param expectedUsers of both arms when a decision is expected: the interval is tightest near it
   *     and right everywhere
   * @param rule how epochs are put together
   * @param floor no user is assigned to either arm with a smaller probability; read with {@link
   *     EpochRule#BY_USERS} alone
   */
  public BoundedComparison(double alpha, long expectedUsers, EpochRule rule, double floor) {
    this(
        alpha,
        rule,
        floor,
        expectedUsers,
        switch (rule) {
          case BY_USERS -> 0.1 * expectedUsers * Math.min(1 / floor, 4);
          case BY_INFORMATION -> spread((double) expectedUsers, 0.5);
        });
  }

  private BoundedComparison(
      double alpha, EpochRule rule, double floor, long expectedUsers, double vOpt) {
    Alpha.check(alpha);
    if (expectedUsers < 1 || !(floor > 0 && floor <= 0.5)) {
      throw new IllegalArgumentException(
          "expected users are at least 1, and a share or floor is within (0, 0.5]");
    }
    this.alpha = alpha;
    this.rule = rule;
    this.floor = floor;
    this.twoSided = new Terms(vOpt, alpha / 2, rule.scale(floor));
    this.oneSided = new Terms(vOpt, alpha, rule.scale(floor));
  }

  /**
   * What the terms of so many users spread to, by {@link EpochRule#BY_INFORMATION}: the variance of
   * a share is a tenth or so, and terms of unequal arms are smaller. What it is in truth changes
   * the width by little.
   */
  static double spread(double users, double smallerShare) {
    return 0.1 * users * smallerShare / (1 - smallerShare);
  }

  /**
   * Adds a user.
   *
   * @param arm where the user was assigned
   * @param outcome the user's metric, within [0, 1]; not read of {@link Arm#OTHER}
   * @param controlProbability with which control was drawn for this user, at first exposure
   * @param treatedProbability with which the treated arm was drawn. A user for whom either arm was
   *     impossible tells nothing about their difference and is passed over
   * @throws IllegalArgumentException if an outcome or a probability is out of range
   */
  public void observe(
      Arm arm, double outcome, double controlProbability, double treatedProbability) {
    if (controlProbability <= 0 || treatedProbability <= 0) {
      return;
    }
    check(arm, outcome, controlProbability, treatedProbability);
    var weight = rule.weight(controlProbability, treatedProbability);
    var expected = treated.next() - control.next();
    var term =
        expected
            + switch (arm) {
              case CONTROL -> -(outcome - control.next()) / controlProbability;
              case TREATED -> (outcome - treated.next()) / treatedProbability;
              case OTHER -> 0;
            };
    twoSided.add(weight * term, weight * expected, weight);
    oneSided.add(weight * term, weight * expected, weight);
    switch (arm) {
      case CONTROL -> control.add(outcome);
      case TREATED -> treated.add(outcome);
      case OTHER -> {}
    }
  }

  private void check(
      Arm arm, double outcome, double controlProbability, double treatedProbability) {
    if (arm != Arm.OTHER && !(outcome >= 0 && outcome <= 1)) {
      throw new IllegalArgumentException("an outcome lies within [0, 1]: " + outcome);
    }
    if (!(controlProbability + treatedProbability <= 1 + 1e-9)) {
      throw new IllegalArgumentException("probabilities of two arms exceed 1");
    }
    if (rule == EpochRule.BY_USERS
        && Math.min(controlProbability, treatedProbability) < floor - 1e-9) {
      throw new IllegalArgumentException("a probability below the floor of " + floor);
    }
  }

  /** The difference, with the p-value of there being none. */
  public Estimate estimate() {
    return twoSided.twoSided(0, -1, 1, alpha, users());
  }

  /** The log of the evidence against this difference: what {@link #estimate} inverts. */
  double logE(double difference) {
    return twoSided.isEmpty() ? 0 : twoSided.logE(difference);
  }

  /**
   * Whether the difference exceeds a margin.
   *
   * @param margin a difference that is still put up with
   * @return either end holds at one-sided alpha (the two together at 2 alpha); the p-value is that
   *     of the difference being at most the margin
   */
  public Estimate beyond(double margin) {
    return oneSided.oneSided(margin, -1, 1, alpha, users());
  }

  /** How many users the two arms have. */
  public long users() {
    return control.users() + treated.users();
  }

  /** How many users control has. */
  public long controlUsers() {
    return control.users();
  }

  /** How many users the treated arm has. */
  public long treatedUsers() {
    return treated.users();
  }
}
