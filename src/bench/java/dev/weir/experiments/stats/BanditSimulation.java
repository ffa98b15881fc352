package dev.weir.experiments.stats;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A bandit of three arms over days, each an epoch: users come, their windows close days later, and
 * the weights of the next day come from closed windows alone. The success of all arms drifts, and
 * the effect of the third may fade.
 *
 * @param effect of the third arm at the start; the others are equal
 * @param fading whether it is gone at the end
 * @param delay days until a window closes
 */
record BanditSimulation(double effect, boolean fading, int delay) {
  static final int DAYS = 40;
  static final int USERS_PER_DAY = 60;
  static final int ARMS = 3;
  static final double FLOOR = 0.05;
  private static final double ALPHA = NullSimulation.ALPHA;

  /**
   * What came out.
   *
   * @param differenceMissed the third arm's difference from control was missed at one look or more
   * @param valueMissed so was the third arm's value
   * @param rawMissed so was its value by a plain interval of its raw mean, at the end alone
   * @param claimed the third arm was declared different from control by the end, by the effect on
   *     the users who came
   * @param tested so it was by the comparison that weighs epochs by their information
   * @param rawBias of the raw difference at the end, mean over runs
   * @param weightedBias of the reported one
   * @param onThird the share of users it sent to the third arm
   */
  record Result(
      Rate differenceMissed,
      Rate valueMissed,
      Rate rawMissed,
      Rate claimed,
      Rate tested,
      double rawBias,
      double weightedBias,
      double onThird) {}

  private record Exposed(int arm, double[] weights, double outcome, double control, double third) {}

  Result run(int runs) {
    var differenceMissed = Rate.NONE;
    var valueMissed = Rate.NONE;
    var rawMissed = Rate.NONE;
    var claimed = Rate.NONE;
    var tested = Rate.NONE;
    var rawBias = 0.0;
    var weightedBias = 0.0;
    var onThird = 0.0;
    for (var run = 0; run < runs; run++) {
      var one = new Run(new SplittableRandom(31_337L * run + 11));
      one.play();
      differenceMissed = differenceMissed.with(one.differenceMissed);
      valueMissed = valueMissed.with(one.valueMissed);
      rawMissed = rawMissed.with(one.rawMisses());
      claimed = claimed.with(one.claimed);
      tested = tested.with(one.tested);
      rawBias += (one.rawDifference() - one.trueDifference()) / runs;
      weightedBias += (one.difference.estimate().value() - one.trueDifference()) / runs;
      onThird += one.third / (double) (DAYS * USERS_PER_DAY) / runs;
    }
    return new Result(
        differenceMissed, valueMissed, rawMissed, claimed, tested, rawBias, weightedBias, onThird);
  }

  private double base(int day) {
    return 0.4 + 0.4 * day / DAYS;
  }

  private double effectOn(int day) {
    return fading ? effect * (1 - (double) day / DAYS) : effect;
  }

  /** One bandit's life. */
  private final class Run {
    private final SplittableRandom random;
    private final ArrayDeque<List<Exposed>> open = new ArrayDeque<>();
    private final List<Posteriors.Epoch> closed = new ArrayList<>();
    private final BoundedComparison difference =
        new BoundedComparison(ALPHA, DAYS * USERS_PER_DAY, EpochRule.BY_USERS, FLOOR);
    private final BoundedComparison test =
        new BoundedComparison(ALPHA, 2L * DAYS * USERS_PER_DAY / ARMS);
    private final ArmValue value = new ArmValue(ALPHA, DAYS * USERS_PER_DAY, FLOOR);
    private double[] weights = {1 / 3.0, 1 / 3.0, 1 / 3.0};
    private double trueControl;
    private double trueThird;
    private long entered;
    private long third;
    private boolean differenceMissed;
    private boolean valueMissed;
    private boolean claimed;
    private boolean tested;

    Run(SplittableRandom random) {
      this.random = random;
    }

    void play() {
      for (var day = 0; day < DAYS; day++) {
        open.add(expose(day));
        if (open.size() > delay) {
          close(open.remove());
          look();
          weights = next();
        }
      }
      while (!open.isEmpty()) {
        close(open.remove());
        look();
      }
    }

    private List<Exposed> expose(int day) {
      var users = new ArrayList<Exposed>(USERS_PER_DAY);
      for (var u = 0; u < USERS_PER_DAY; u++) {
        var draw = random.nextDouble();
        var arm = draw < weights[0] ? 0 : draw < weights[0] + weights[1] ? 1 : 2;
        third += arm == 2 ? 1 : 0;
        var control = base(day);
        var treated = control + effectOn(day);
        // A user's share of good calls, of a few or of many.
        var mean = arm == 2 ? treated : control;
        var calls = Math.min(20, Population.calls(random));
        var good = 0;
        var own = Math.clamp(mean + 0.2 * (random.nextDouble() - 0.5), 0, 1);
        for (var i = 0; i < calls; i++) {
          good += random.nextDouble() < own ? 1 : 0;
        }
        users.add(new Exposed(arm, weights, (double) good / calls, control, treated));
      }
      return users;
    }

    private void close(List<Exposed> users) {
      var today = new RatioSums[] {RatioSums.NONE, RatioSums.NONE, RatioSums.NONE};
      for (var user : users) {
        var arm = user.arm == 0 ? Arm.CONTROL : user.arm == 2 ? Arm.TREATED : Arm.OTHER;
        difference.observe(arm, user.outcome, user.weights[0], user.weights[2]);
        test.observe(arm, user.outcome, user.weights[0], user.weights[2]);
        value.observe(user.arm == 2, user.outcome, user.weights[2]);
        today[user.arm] = today[user.arm].with(user.outcome, 1);
        trueControl += user.control;
        trueThird += user.third;
        entered++;
      }
      // Users of one day were drawn under the same weights.
      var drawn = users.getFirst().weights;
      closed.add(new Posteriors.Epoch(List.of(today), Arrays.stream(drawn).boxed().toList()));
    }

    private void look() {
      var enough = -Math.log(ALPHA);
      differenceMissed = differenceMissed || difference.logE(trueDifference()) >= enough;
      valueMissed = valueMissed || value.logE(trueThird / entered) >= enough;
      claimed = claimed || difference.logE(0) >= enough;
      tested = tested || test.logE(0) >= enough;
    }

    private double[] next() {
      return Thompson.weights(Posteriors.of(ARMS, closed, Posteriors.BANDIT_DISCOUNT), true, FLOOR);
    }

    double trueDifference() {
      return (trueThird - trueControl) / entered;
    }

    private RatioSums raw(int arm) {
      return closed.stream()
          .map(day -> day.arms().get(arm))
          .reduce(RatioSums.NONE, RatioSums::plus);
    }

    double rawDifference() {
      return raw(2).ratio() - raw(0).ratio();
    }

    boolean rawMisses() {
      var raw = raw(2);
      return Math.abs(raw.ratio() - trueThird / entered)
          > NullSimulation.CRITICAL * Math.sqrt(raw.variance());
    }
  }
}
