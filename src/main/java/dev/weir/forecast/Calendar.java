package dev.weir.forecast;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * Where in the month a moment is. Months and days are UTC's, as in the books.
 *
 * @param today the day under way
 * @param todayLeft the share of it that is still to come, over 0 up to 1
 * @param daysAfter whole days after it until the month ends
 */
record Calendar(LocalDate today, double todayLeft, int daysAfter) {
  static Calendar at(Instant now) {
    var today = LocalDate.ofInstant(now, ZoneOffset.UTC);
    var gone = Duration.between(today.atStartOfDay().toInstant(ZoneOffset.UTC), now);
    return new Calendar(
        today,
        1 - (double) gone.toMillis() / Duration.ofDays(1).toMillis(),
        today.lengthOfMonth() - today.getDayOfMonth());
  }

  int days() {
    return daysAfter + 1;
  }
}
