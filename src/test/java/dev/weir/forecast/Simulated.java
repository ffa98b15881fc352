package dev.weir.forecast;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Daily spend as it comes in practice, of several kinds, from a seed. */
enum Simulated {
  /** A strong week and calm days. */
  WEEKLY {
    @Override
    double day(int t, World w) {
      return w.level * w.week(t) * w.lognormal(0.2);
    }
  },
  /** The same, growing or shrinking by up to 1 % a day. */
  TREND {
    @Override
    double day(int t, World w) {
      return w.level * w.week(t) * Math.exp(w.slope * t) * w.lognormal(0.2);
    }
  },
  /** Nothing on most days. */
  INTERMITTENT {
    @Override
    double day(int t, World w) {
      return w.random.nextDouble() < w.chance * Math.min(1, w.week(t))
          ? w.level * w.lognormal(0.6)
          : 0;
    }
  },
  /** A new level now and then. */
  LEVEL_SHIFT {
    @Override
    double day(int t, World w) {
      if (w.random.nextDouble() < 1 / 60.0) {
        w.shift *= Math.exp(w.random.nextGaussian() * 0.4);
      }
      return w.level * w.shift * w.week(t) * w.lognormal(0.2);
    }
  },
  /** A few days cost as much as all others. */
  HEAVY_TAIL {
    @Override
    double day(int t, World w) {
      return w.level * w.week(t) * w.lognormal(1.0);
    }
  },
  /** A level that wanders. */
  WANDERING {
    @Override
    double day(int t, World w) {
      w.shift *= Math.exp(w.random.nextGaussian() * 0.03);
      return w.level * w.shift * w.week(t) * w.lognormal(0.15);
    }
  };

  abstract double day(int t, World world);

  /** So many days of the {@code number}-th series of this kind. */
  double[] series(int days, long number) {
    var world = new World(new SplittableRandom(number * 31 + ordinal()));
    var series = new double[days];
    for (var t = 0; t < days; t++) {
      series[t] = day(t, world);
    }
    return series;
  }

  static final class World {
    private final RandomGenerator random;
    private final double level;
    private final double slope;
    private final double chance;
    private final double weekend;
    private double shift = 1;

    private World(RandomGenerator random) {
      this.random = random;
      this.level = Math.exp(random.nextGaussian());
      this.slope = (random.nextDouble() - 0.3) * 0.01;
      this.chance = 0.1 + 0.3 * random.nextDouble();
      this.weekend = 0.2 + 0.6 * random.nextDouble();
    }

    private double week(int t) {
      return t % 7 >= 5 ? weekend : 1.1;
    }

    private double lognormal(double sigma) {
      return Math.exp(sigma * random.nextGaussian() - sigma * sigma / 2);
    }
  }
}
