package dev.weir.forecast;

/** How good forecasts were. */
public final class Scores {
  private Scores() {}

  /**
   * The mean absolute scaled error (Hyndman and Koehler, 2006): the mean absolute error divided by
   * that of the seasonal naive forecast of one step over the training series. Below 1 is better
   * than repeating the last season.
   *
   * @param actual what came
   * @param forecast what was said
   * @param training the series before
   * @param period the season's length
   * @return NaN if the training series never changed from season to season
   */
  public static double mase(double[] actual, double[] forecast, double[] training, int period) {
    var error = 0.0;
    for (var i = 0; i < actual.length; i++) {
      error += Math.abs(actual[i] - forecast[i]);
    }
    var scale = seasonalError(training, training.length, period);
    return scale == 0 ? Double.NaN : error / actual.length / scale;
  }

  /**
   * The mean absolute change from one season to the next within the first {@code length} values.
   */
  static double seasonalError(double[] training, int length, int period) {
    var scale = 0.0;
    for (var t = period; t < length; t++) {
      scale += Math.abs(training[t] - training[t - period]);
    }
    return length <= period ? 0 : scale / (length - period);
  }

  /**
   * The pinball loss of a quantile: what is under-forecast costs its level, what is over-forecast
   * the rest.
   */
  public static double pinball(double actual, double quantile, double level) {
    return actual >= quantile ? level * (actual - quantile) : (1 - level) * (quantile - actual);
  }

  /**
   * How often an interval held.
   *
   * @param hits how often the truth lay inside
   * @param of how often it was asked
   */
  public record Coverage(int hits, int of) {
    /** The share that was hit; NaN of none. */
    public double share() {
      return (double) hits / of;
    }

    /** The lower end of Wilson's interval for the true share, at so many standard deviations. */
    public double low(double z) {
      return wilson(-z);
    }

    /** Its upper end. */
    public double high(double z) {
      return wilson(z);
    }

    /** Both together. */
    public Coverage plus(Coverage other) {
      return new Coverage(hits + other.hits, of + other.of);
    }

    private double wilson(double z) {
      var n = (double) of;
      var p = hits / n;
      var middle = p + z * z / (2 * n);
      var half = z * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n));
      return (middle + half) / (1 + z * z / n);
    }
  }
}
