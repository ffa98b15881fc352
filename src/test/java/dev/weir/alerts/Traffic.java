package dev.weir.alerts;

import java.util.SplittableRandom;

/** A series' cost per minute as it comes in practice, from a seed. */
final class Traffic {
  /** How its calls come. */
  enum Kind {
    /** Many calls a minute, by day more than by night. */
    DENSE(20, 0.5),
    /** Some calls an hour. */
    SPARSE(0.1, 0.5),
    /** As dense, and a call now and then that costs a hundred times another. */
    HEAVY(5, 1.5),
    /** A person who works for half an hour some times a day. */
    SESSIONS(0.05, 0.5),
    /** A batch every night. */
    BATCH(0.02, 0.3);

    private final double perMinute;
    private final double sigma;

    Kind(double perMinute, double sigma) {
      this.perMinute = perMinute;
      this.sigma = sigma;
    }
  }

  private final Kind kind;
  private final SplittableRandom random;
  private final double price;
  private double mood = 1;
  private int session;

  Traffic(Kind kind, long seed) {
    this.kind = kind;
    this.random = new SplittableRandom(seed * 7919 + kind.ordinal());
    this.price = 0.02 * Math.exp(random.nextGaussian());
  }

  /** How busy a minute is: day and night, work days and weekends, 1 on average. */
  static double season(long minute) {
    var hour = minute / 60 % 24;
    var day = minute / 1440 % 7;
    return (1 + 0.8 * Math.sin((hour - 8) / 24.0 * 2 * Math.PI))
        * (day == 2 || day == 3 ? 0.4 : 1.2);
  }

  /** The next minute's cost, with {@code rise} times the ordinary calls. */
  double next(long minute, double rise) {
    if (minute % 1440 == 0) {
      mood = Math.exp(random.nextGaussian() * 0.15);
    }
    var rate = kind.perMinute * mood * rise;
    rate *=
        switch (kind) {
          case DENSE, SPARSE, HEAVY -> season(minute);
          case SESSIONS -> inSession() ? 40 : 0;
          case BATCH -> minute % 1440 >= 120 && minute % 1440 < 140 ? 2000 : 0;
        };
    var cost = 0.0;
    for (var calls = poisson(rate); calls > 0; calls--) {
      cost += price * Math.exp(random.nextGaussian() * kind.sigma - kind.sigma * kind.sigma / 2);
    }
    return cost;
  }

  private boolean inSession() {
    if (session > 0) {
      session--;
      return true;
    }
    if (random.nextDouble() < 1 / 400.0) {
      session = 10 + random.nextInt(40);
    }
    return false;
  }

  private int poisson(double mean) {
    if (mean > 50) {
      return (int) Math.max(0, Math.round(mean + Math.sqrt(mean) * random.nextGaussian()));
    }
    var limit = Math.exp(-mean);
    var product = random.nextDouble();
    var n = 0;
    while (product > limit) {
      product *= random.nextDouble();
      n++;
    }
    return n;
  }
}
