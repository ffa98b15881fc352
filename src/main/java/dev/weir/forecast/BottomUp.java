package dev.weir.forecast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A total that is the sum of its parts: its point is the sum of theirs, and its errors are those
 * that the same sum made on the mornings of the past. So it is coherent by construction, and what
 * the parts have in common (all users come on a Monday) stays in its interval, which the sum of
 * independent intervals would lose.
 */
final class BottomUp {
  private BottomUp() {}

  /**
   * The sum of these.
   *
   * @param parts all asked on the same day for the same days
   */
  static Remainder sum(List<Forecaster.Question> parts, Calendar now, ErrorPaths pool) {
    if (parts.isEmpty()) {
      return Forecaster.foresee(
          new Forecaster.Question(
              new double[0], now.todayLeft(), now.daysAfter(), new double[0], pool));
    }
    var question = parts.getFirst();
    var length = parts.stream().mapToInt(p -> p.daily().length).max().orElse(0);
    var total = new double[length];
    var walks = new ArrayList<Part>();
    var ahead = new double[question.days()];
    var spend = new double[question.days()];
    for (var part : parts) {
      var walk = Forecaster.choose(Forecaster.tests(part.daily(), part.days())).walk();
      var offset = length - part.daily().length;
      walks.add(new Part(walk, new MeanOfDays(part.daily()), offset));
      for (var t = 0; t < part.daily().length; t++) {
        total[offset + t] += part.daily()[t];
      }
      var own = walk.ahead(part.daily().length, part.days());
      for (var h = 0; h < own.length; h++) {
        ahead[h] += own[h];
        spend[h] += own[h] * (h < part.factors().length ? part.factors()[h] : 1);
      }
    }
    var factors = new double[ahead.length];
    for (var h = 0; h < ahead.length; h++) {
      factors[h] = ahead[h] <= 0 ? 1 : spend[h] / ahead[h];
    }
    var whole =
        new Forecaster.Question(total, question.todayLeft(), question.daysAfter(), factors, pool);
    var baseline = Forecaster.tests(total, question.days()).getFirst();
    var from = Math.min(length, length < 21 ? 1 : length >= 42 ? 28 : 14);
    var sum = BackTest.of(Method.BOTTOM_UP, new Sum(walks), total, from, question.days());
    return Forecaster.foresee(whole, sum, baseline);
  }

  private record Part(Walk walk, Walk early, int offset) {}

  /** The parts' forecasts, added; a part that was too young for its method speaks by its mean. */
  private record Sum(List<Part> parts) implements Walk {
    @Override
    public double[] ahead(int origin, int days) {
      var ahead = new double[days];
      for (var part : parts) {
        var own = origin - part.offset();
        if (own <= 0) {
          continue;
        }
        var walk = own >= part.walk().first() ? part.walk() : part.early();
        var said = walk.ahead(own, days);
        Arrays.setAll(ahead, h -> ahead[h] + said[h]);
      }
      return ahead;
    }

    @Override
    public int first() {
      return 1;
    }
  }
}
