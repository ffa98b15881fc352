package dev.weir.experiments.stats;

import java.util.function.DoubleUnaryOperator;

/** Where a monotone function crosses zero. */
final class Roots {
  private static final int STEPS = 200;

  private Roots() {}

  /**
   * The root of an increasing function by bisection, to the last bits; an end of the range if the
   * root lies beyond it. Functions may be infinite, as log-wealths are.
   */
  static double increasing(DoubleUnaryOperator f, double low, double high) {
    if (f.applyAsDouble(low) >= 0) {
      return low;
    }
    if (f.applyAsDouble(high) <= 0) {
      return high;
    }
    var from = low;
    var to = high;
    for (var i = 0; i < STEPS; i++) {
      var middle = from + (to - from) / 2;
      if (middle <= from || middle >= to || to - from < 1e-12 * Math.max(1, Math.abs(middle))) {
        break;
      }
      if (f.applyAsDouble(middle) < 0) {
        from = middle;
      } else {
        to = middle;
      }
    }
    return from + (to - from) / 2;
  }

  /** As {@link #increasing}, of a decreasing function. */
  static double decreasing(DoubleUnaryOperator f, double low, double high) {
    return increasing(x -> -f.applyAsDouble(x), low, high);
  }
}
