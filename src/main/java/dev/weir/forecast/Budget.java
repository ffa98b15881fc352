package dev.weir.forecast;

/**
 * What limits still allow this month. Without a limit an amount is {@link
 * Double#POSITIVE_INFINITY}.
 *
 * @param usd dollars left of the month's budget
 * @param calls calls left of the month's quota
 * @param callsPerDay calls allowed in a day
 * @param usdPerCall the mean price of a call, by which calls are turned into dollars
 */
record Budget(double usd, double calls, double callsPerDay, double usdPerCall) {
  /** No limit at all. */
  static final Budget NONE =
      new Budget(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 0);

  /** What these days will cost, since the limits stop what they stop. */
  double capped(double[] steps) {
    var spent = 0.0;
    var most = Math.max(0, Math.min(usd, dollars(calls)));
    for (var step : steps) {
      spent += Math.min(step, dollars(callsPerDay));
    }
    return Math.min(spent, most);
  }

  /** The step on which the dollars run out; -1 if they last. */
  int exhausted(double[] steps) {
    var spent = 0.0;
    for (var h = 0; h < steps.length; h++) {
      spent += Math.min(steps[h], dollars(callsPerDay));
      if (spent >= usd) {
        return h;
      }
    }
    return -1;
  }

  private double dollars(double count) {
    return usdPerCall <= 0 ? Double.POSITIVE_INFINITY : count * usdPerCall;
  }
}
