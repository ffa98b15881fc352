package dev.weir.experiments.stats;

import java.util.List;

/**
 * Treated minus a multiple of control over epochs, with its variance as a function of the
 * difference that is supposed: a parabola, since what an arm's users deviate from is linear in it.
 *
 * @param difference the estimate
 * @param v0 the variance if the difference is zero
 * @param v1 how the variance changes with the supposed difference
 * @param v2 and with its square
 */
record Contrast(double difference, double v0, double v1, double v2) {

  static Contrast of(List<RatioComparison.Epoch> epochs, EpochRule rule, double factor) {
    var total = epochs.stream().mapToDouble(e -> e.weight(rule)).sum();
    // A parabola is known by three points; a step of the ratios' own size keeps them well apart.
    var unit = epochs.stream().mapToDouble(Contrast::unit).max().orElse(1);
    var difference = 0.0;
    var at = new double[3];
    for (var epoch : epochs) {
      var weight = epoch.weight(rule) / total;
      difference += weight * (epoch.treated().ratio() - factor * epoch.control().ratio());
      for (var i = -1; i <= 1; i++) {
        at[i + 1] += weight * weight * variance(epoch, factor, i * unit);
      }
    }
    return parabola(difference, at, unit);
  }

  private static Contrast parabola(double difference, double[] at, double unit) {
    return new Contrast(
        difference,
        at[1],
        (at[2] - at[0]) / (2 * unit),
        (at[2] - 2 * at[1] + at[0]) / (2 * unit * unit));
  }

  private static double unit(RatioComparison.Epoch epoch) {
    var size = Math.max(Math.abs(epoch.control().ratio()), Math.abs(epoch.treated().ratio()));
    return size > 0 ? size : 1;
  }

  /**
   * The variance of an epoch's difference around what is supposed: with r the control ratio that
   * fits both arms best if treated is {@code factor r + delta}.
   */
  private static double variance(RatioComparison.Epoch epoch, double factor, double delta) {
    var c = epoch.control();
    var t = epoch.treated();
    var r =
        (c.top() + factor * (t.top() - delta * t.bottom()))
            / (c.bottom() + factor * factor * t.bottom());
    return t.varianceAt(factor * r + delta) + factor * factor * c.varianceAt(r);
  }

  /** The estimate's distance from a supposed difference, in standard deviations under it. */
  double z(double supposed) {
    var variance = v0 + v1 * supposed + v2 * supposed * supposed;
    var distance = difference - supposed;
    return variance > 0
        ? distance / Math.sqrt(variance)
        : distance == 0 ? 0 : Math.copySign(Double.POSITIVE_INFINITY, distance);
  }

  /**
   * The differences whose squared z is at most this: Fieller's interval. Both ends are infinite
   * where the data do not bound it.
   */
  double[] solve(double squaredZ) {
    // (d - x)^2 <= q (v0 + v1 x + v2 x^2)
    var a = 1 - squaredZ * v2;
    var b = -2 * difference - squaredZ * v1;
    var c = difference * difference - squaredZ * v0;
    var root = b * b - 4 * a * c;
    if (a <= 0 || root < 0) {
      return new double[] {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY};
    }
    var spread = Math.sqrt(root);
    return new double[] {(-b - spread) / (2 * a), (-b + spread) / (2 * a)};
  }
}
