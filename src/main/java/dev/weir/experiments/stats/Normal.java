package dev.weir.experiments.stats;

import org.apache.commons.numbers.gamma.Erfc;
import org.apache.commons.numbers.gamma.Erfcx;
import org.apache.commons.numbers.gamma.InverseErfc;

/** The standard normal distribution, also far out in its tails. */
final class Normal {
  private static final double ROOT_TWO = Math.sqrt(2);
  private static final double ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

  private Normal() {}

  static double density(double z) {
    return Math.exp(-z * z / 2) / ROOT_TWO_PI;
  }

  static double cdf(double z) {
    return Erfc.value(-z / ROOT_TWO) / 2;
  }

  /** The log of the distribution function, where the function itself would be zero. */
  static double logCdf(double z) {
    return z > 0 ? Math.log(cdf(z)) : Math.log(Erfcx.value(-z / ROOT_TWO) / 2) - z * z / 2;
  }

  /** The z below which a share of {@code p} lies. */
  static double quantile(double p) {
    return -ROOT_TWO * InverseErfc.value(2 * p);
  }
}
