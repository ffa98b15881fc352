package dev.weir.experiments.stats;

import org.apache.commons.numbers.gamma.LogGamma;
import org.apache.commons.numbers.gamma.RegularizedGamma;

/**
 * The gamma-exponential mixture: {@code exp(a s - psi(a) v)}, {@code psi(a) = (-log(1 - c a) - c a)
 * / c^2}, averaged over {@code a} in [0, 1/c) with a truncated gamma density (Howard, Ramdas,
 * McAuliffe and Sekhon, 2021, proposition 9). A supermartingale for a sum of bounded terms against
 * the sum of their squared distances from a prediction (ibid., theorem 4, after Fan, Grama and Liu,
 * 2015), which is what makes it an empirical-Bernstein bound without any limit theorem.
 *
 * <p>One-sided: large where {@code s} is large. All in logarithms.
 */
final class GammaExponential {
  private final double rho;
  private final double c;
  private final double constant;

  /**
   * Tuned to be tightest near one time.
   *
   * @param vOpt that time
   * @param alpha the one-sided error the bound will be asked for, below 0.5
   * @param c the scale: no term lies further than this below its prediction
   */
  GammaExponential(double vOpt, double alpha, double c) {
    this.rho = NormalMixture.bestRho(vOpt, Math.min(2 * alpha, 0.9));
    this.c = c;
    var k = rho / (c * c);
    this.constant = k * Math.log(k) - LogGamma.value(k) - Math.log(RegularizedGamma.P.value(k, k));
  }

  /** The log of the mixture at a sum and a time; negative infinity far below zero. */
  double logE(double s, double v) {
    var square = c * c;
    var shape = (v + rho) / square;
    var x = (c * s + v) / square;
    var at = x + rho / square;
    if (at <= 0) {
      return Double.NEGATIVE_INFINITY;
    }
    var p = RegularizedGamma.P.value(shape, at);
    return p <= 0
        ? Double.NEGATIVE_INFINITY
        : constant + LogGamma.value(shape) + Math.log(p) - shape * Math.log(at) + x;
  }

  /** The sum at which the mixture reaches 1 / alpha. */
  double bound(double v, double alpha) {
    var target = Math.log(1 / alpha);
    var high = Math.max(v, c);
    while (logE(high, v) < target) {
      high *= 2;
    }
    return Roots.increasing(s -> logE(s, v) - target, 0, high);
  }
}
