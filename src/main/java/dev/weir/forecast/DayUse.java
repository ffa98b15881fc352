package dev.weir.forecast;

import dev.weir.core.Usage;
import java.math.BigDecimal;
import java.time.LocalDate;

/**
 * What one model did for a subject on one day.
 *
 * @param day in UTC
 * @param model {@code provider/model}
 * @param calls those that asked a model; cache hits are none
 * @param usage of all of them together
 * @param cost as the books have it, in USD
 */
record DayUse(LocalDate day, String model, long calls, Sum usage, BigDecimal cost) {
  /** Tokens and searches of many calls; {@link Usage} is that of one and bounded as such. */
  record Sum(long input, long output, long cached, long reasoning, long searches) {
    static final Sum NONE = new Sum(0, 0, 0, 0, 0);

    Sum plus(Sum o) {
      return new Sum(
          input + o.input,
          output + o.output,
          cached + o.cached,
          reasoning + o.reasoning,
          searches + o.searches);
    }

    /** A call in the middle of so many. */
    Usage perCall(long calls) {
      return new Usage(
          Math.round((double) input / calls),
          Math.round((double) output / calls),
          Math.round((double) cached / calls),
          Math.round((double) reasoning / calls),
          Math.round((double) searches / calls),
          true);
    }
  }
}
