package dev.weir.forecast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Holt-Winters with a weekly season and a damped trend. A small grid of weights is walked through
 * the series at once; each morning speaks the one whose errors until then were smallest (squares,
 * fading by 1 % a day). So no morning knows anything of what came after it.
 *
 * <p>Cost: the grid times the days, some hundred thousand multiplications for a year.
 */
final class HoltWinters implements Walk {
  private static final double FADE = 0.99;
  private static final List<Smoother.Weights> GRID = grid();

  private final Smoother[] best;
  private final int first;

  HoltWinters(double[] series) {
    this.first = learning(series.length);
    this.best = new Smoother[series.length + 1];
    var smallest = new double[series.length + 1];
    Arrays.fill(smallest, Double.POSITIVE_INFINITY);
    for (var weights : GRID) {
      var smoother = begin(weights, series);
      var errors = 0.0;
      for (var t = 0; t <= series.length; t++) {
        if (t >= first && errors < smallest[t]) {
          smallest[t] = errors;
          best[t] = smoother.copy();
        }
        if (t < series.length) {
          var error = smoother.learn(t % WEEK, series[t]);
          errors = FADE * errors + error * error;
        }
      }
    }
  }

  /** The least history with which it can be walked. */
  static int least() {
    return 2 * WEEK;
  }

  private static int learning(int length) {
    return length >= 6 * WEEK ? 4 * WEEK : 2 * WEEK;
  }

  private Smoother begin(Smoother.Weights weights, double[] series) {
    var level = Arrays.stream(series, 0, first).average().orElse(0);
    var season = new double[WEEK];
    for (var t = 0; t < first; t++) {
      season[t % WEEK] += (series[t] - level) * WEEK / first;
    }
    return new Smoother(weights, level, 0, season);
  }

  private static List<Smoother.Weights> grid() {
    var grid = new ArrayList<Smoother.Weights>();
    for (var alpha : new double[] {0.02, 0.05, 0.1, 0.2, 0.4}) {
      for (var gamma : new double[] {0.02, 0.1, 0.25}) {
        grid.add(new Smoother.Weights(alpha, 0, gamma, 1));
        for (var beta : new double[] {0.05, 0.2}) {
          grid.add(new Smoother.Weights(alpha, beta, gamma, 0.98));
        }
      }
    }
    return List.copyOf(grid);
  }

  @Override
  public double[] ahead(int origin, int days) {
    return best[origin].ahead(origin % WEEK, days);
  }

  @Override
  public int first() {
    return first;
  }
}
