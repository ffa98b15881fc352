package dev.weir.wire;

import dev.weir.gateway.CallOptions;
import dev.weir.gateway.CallOptions.CacheUse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads what a caller chooses for one call, from a body or from headers. */
final class CallOptionsReader {
  private static final List<String> MEMBERS = List.of("cache", "cache_ttl_s", "timeout_ms");
  private static final List<String> FUNCTION_MEMBERS =
      List.of("cache", "cache_ttl_s", "timeout_ms", "partial");
  private static final long LONGEST_AGE = Duration.ofDays(30).toSeconds();

  private CallOptionsReader() {}

  static CallOptions of(Members options) {
    return read(options.only(MEMBERS), false);
  }

  /** Those of a function call, which may ask for partial values of a stream. */
  static CallOptions ofFunction(Members options, boolean stream) {
    options.only(FUNCTION_MEMBERS);
    var partial = options.bool("partial").orElse(false);
    if (partial && !stream) {
      throw Members.fault(options.at("partial"), "needs a stream; send \"stream\": true as well.");
    }
    return read(options, partial);
  }

  private static CallOptions read(Members options, boolean partial) {
    return new CallOptions(
        options.text("cache").map(use -> cacheUse(options.at("cache"), use)).orElse(CacheUse.USE),
        options.wholeNumber("cache_ttl_s", 0).map(CallOptionsReader::age),
        false,
        options.wholeNumber("timeout_ms", 1).map(Duration::ofMillis),
        partial,
        Map.of(),
        Optional.empty());
  }

  static CacheUse cacheUse(String where, String use) {
    return switch (use) {
      case "use" -> CacheUse.USE;
      case "refresh" -> CacheUse.REFRESH;
      case "off" -> CacheUse.OFF;
      default -> throw Members.fault(where, "must be one of use, refresh, off.");
    };
  }

  /** An age in seconds; more than anything is kept for means all of it. */
  static Duration age(long seconds) {
    return Duration.ofSeconds(Math.min(seconds, LONGEST_AGE));
  }

  static Duration timeout(String where, String millis) {
    return wholeNumber(millis)
        .map(Duration::ofMillis)
        .orElseThrow(
            () -> Members.fault(where, "must be a whole number of milliseconds, at least 1."));
  }

  private static Optional<Long> wholeNumber(String digits) {
    try {
      return Optional.of(Long.parseLong(digits.strip())).filter(value -> value >= 1);
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }
}
