package dev.weir.config;

import com.google.re2j.Pattern;
import java.time.Duration;
import java.util.Optional;

/** Durations and sizes as people write them. */
final class Quantities {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,12}) ?(ms|s|m|h)?");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,12}) ?(B|KiB|MiB|GiB)?");

  private Quantities() {}

  /** {@code 250ms}, {@code 60s}, {@code 5m}, {@code 2h}; a bare number is milliseconds. */
  static Optional<Duration> duration(String text) {
    var match = DURATION.matcher(text);
    if (!match.matches()) {
      return Optional.empty();
    }
    var count = Long.parseLong(match.group(1));
    return Optional.of(
        switch (unit(match.group(2))) {
          case "s" -> Duration.ofSeconds(count);
          case "m" -> Duration.ofMinutes(count);
          case "h" -> Duration.ofHours(count);
          default -> Duration.ofMillis(count);
        });
  }

  /** {@code 8MiB}, {@code 16KiB}; a bare number is bytes. */
  static Optional<Long> size(String text) {
    var match = SIZE.matcher(text);
    if (!match.matches()) {
      return Optional.empty();
    }
    var count = Long.parseLong(match.group(1));
    return Optional.of(
        switch (unit(match.group(2))) {
          case "KiB" -> count << 10;
          case "MiB" -> count << 20;
          case "GiB" -> count << 30;
          default -> count;
        });
  }

  /** As it would be written: the largest unit that leaves a whole number. */
  static String text(Duration duration) {
    var ms = duration.toMillis();
    return ms % 3_600_000 == 0
        ? ms / 3_600_000 + "h"
        : ms % 60_000 == 0 ? ms / 60_000 + "m" : ms % 1000 == 0 ? ms / 1000 + "s" : ms + "ms";
  }

  /** As it would be written: the largest unit that leaves a whole number. */
  static String text(long bytes) {
    return bytes % (1 << 20) == 0
        ? (bytes >> 20) + "MiB"
        : bytes % (1 << 10) == 0 ? (bytes >> 10) + "KiB" : bytes + "B";
  }

  private static String unit(@org.jspecify.annotations.Nullable String unit) {
    return unit == null ? "" : unit;
  }
}
