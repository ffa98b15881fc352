package dev.weir.analytics;

import dev.weir.core.AIError;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Finds the coarsest table that holds the answer exactly. */
final class SourceChoice {
  private static final Duration LONGEST_OF_CALLS = Duration.ofDays(31);
  private static final Duration LONGEST_OF_HOURS = Duration.ofDays(93);

  private static final List<Source> FOR_ALL = List.of(Source.values());

  /** What row-level security can cut down to one user. */
  private static final List<Source> FOR_ONE = List.of(Source.USERS, Source.CALLS);

  private SourceChoice() {}

  /**
   * The table.
   *
   * @param own whether it is a user's question about itself
   * @throws AIError {@code INVALID_REQUEST} where it would take reading too many calls one by one
   */
  static Source of(UsageQuery query, boolean own, Instant now) {
    var source =
        (own ? FOR_ONE : FOR_ALL)
            .stream()
                .filter(s -> s.knows(query.dimensions()))
                .filter(s -> s.grain() == Interval.NONE || fits(query, s.grain(), now))
                .findFirst()
                .orElseThrow();
    var longest =
        switch (source) {
          case HOURS -> LONGEST_OF_HOURS;
          case CALLS -> LONGEST_OF_CALLS;
          default -> Duration.ofDays(36_600);
        };
    if (Duration.between(query.from(), query.to()).compareTo(longest) > 0) {
      throw AIError.invalid(
              "This question has to be answered from "
                  + (source == Source.CALLS ? "the calls one by one" : "single hours")
                  + ", so ask about at most "
                  + longest.toDays()
                  + " days; from and to at midnight UTC, an interval of day, month or none, and"
                  + " groups by user, team and key, by function, or by one tag are answered for any"
                  + " time.")
          .with("param", "from");
    }
    return source;
  }

  private static boolean fits(UsageQuery query, Interval grain, Instant now) {
    var fine = query.interval() == Interval.NONE || query.interval().compareTo(grain) >= 0;
    // Nothing lies beyond now, so an end there may cut through a row's span.
    return fine
        && begins(query.from(), grain)
        && (begins(query.to(), grain) || !query.to().isBefore(now));
  }

  private static boolean begins(Instant moment, Interval grain) {
    var time = moment.atOffset(ZoneOffset.UTC);
    return switch (grain) {
      case NONE -> true;
      case HOUR -> moment.equals(moment.truncatedTo(ChronoUnit.HOURS));
      case DAY -> moment.equals(moment.truncatedTo(ChronoUnit.DAYS));
      case MONTH -> moment.equals(moment.truncatedTo(ChronoUnit.DAYS)) && time.getDayOfMonth() == 1;
    };
  }
}
