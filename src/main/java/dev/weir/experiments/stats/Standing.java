package dev.weir.experiments.stats;

import java.util.ArrayList;
import java.util.List;

/**
 * How an arm stands among all arms, by their posteriors. Unprotected against peeking: it is shown,
 * and decides nothing.
 *
 * @param probabilityToBeBest the chance that no other arm is better
 * @param expectedLoss how much is lost on average by choosing this arm, in the metric's own units
 */
public record Standing(double probabilityToBeBest, double expectedLoss) {
  private static final int STEPS = 4000;
  private static final double REACH = 9;

  /** What this is worth. */
  public Validity validity() {
    return Validity.UNPROTECTED;
  }

  /**
   * The standings of all arms, in their order, by integrating over the best arm's value (Simpson's
   * rule; no chance is involved, so it says the same each time).
   *
   * @param arms at least one
   * @param higherIsBetter false for costs
   */
  public static List<Standing> of(List<Posterior> arms, boolean higherIsBetter) {
    if (arms.isEmpty()) {
      throw new IllegalArgumentException("no arms");
    }
    var sign = higherIsBetter ? 1 : -1;
    var low = arms.stream().mapToDouble(a -> sign * a.mean() - REACH * a.sd()).min().orElseThrow();
    var high = arms.stream().mapToDouble(a -> sign * a.mean() + REACH * a.sd()).max().orElseThrow();
    var best = new double[arms.size()];
    var expectedBest = low;
    // The narrowest arm decides how fine the steps must be.
    var narrow = arms.stream().mapToDouble(Posterior::sd).min().orElseThrow();
    var steps = (int) Math.min(400_000, Math.max(STEPS, 2 * Math.ceil((high - low) / narrow * 8)));
    var h = (high - low) / steps;
    for (var i = 0; i <= steps; i++) {
      var x = low + i * h;
      var weight = (i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2) * h / 3;
      var all = 1.0;
      for (var arm : arms) {
        all *= Normal.cdf((x - sign * arm.mean()) / arm.sd());
      }
      // E max = low + integral of 1 - P(max <= x).
      expectedBest += weight * (1 - all);
      if (all > 0) {
        for (var a = 0; a < best.length; a++) {
          var arm = arms.get(a);
          var z = (x - sign * arm.mean()) / arm.sd();
          best[a] += weight * all / Normal.cdf(z) * Normal.density(z) / arm.sd();
        }
      }
    }
    var total = 0.0;
    for (var b : best) {
      total += b;
    }
    var standings = new ArrayList<Standing>(best.length);
    for (var a = 0; a < best.length; a++) {
      standings.add(
          new Standing(best[a] / total, Math.max(0, expectedBest - sign * arms.get(a).mean())));
    }
    return List.copyOf(standings);
  }
}
