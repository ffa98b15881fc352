package dev.weir.providers;

import dev.weir.core.Clock;
import io.vertx.core.MultiMap;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * When a provider wants to be asked again, from the headers that providers use: {@code
 * retry-after-ms}, {@code Retry-After} (seconds or an HTTP date, RFC 9110 section 10.2.3), and the
 * resets of {@code X-RateLimit-*} (seconds, a moment in Unix seconds, or {@code 6m0s}). Never more
 * than an hour. Thread-safe.
 */
final class RetryAfter {
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final long UNIX_SECONDS = 1_000_000_000;
  private static final List<String> RESETS =
      List.of("x-ratelimit-reset", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens");
  private static final Pattern SPAN =
      Pattern.compile(
          "(?:(\\d{1,4})h)?(?:(\\d{1,4})m)?(?:(\\d{1,6}(?:\\.\\d{1,9})?)s)?(?:(\\d{1,9})ms)?");

  private final Clock clock;

  RetryAfter(Clock clock) {
    this.clock = clock;
  }

  /** The wait that these headers ask for. */
  Optional<Duration> in(MultiMap headers) {
    return Optional.ofNullable(headers.get("retry-after-ms"))
        .flatMap(RetryAfter::number)
        .map(ms -> Duration.ofMillis((long) Math.min(ms, 1e9)))
        .or(() -> Optional.ofNullable(headers.get("retry-after")).flatMap(this::read))
        .or(() -> resets(headers))
        .map(wait -> wait.isNegative() ? Duration.ZERO : wait)
        .map(wait -> wait.compareTo(LONGEST) > 0 ? LONGEST : wait);
  }

  /** The longest of the resets whose limit is used up, or of all if none says so. */
  private Optional<Duration> resets(MultiMap headers) {
    return RESETS.stream()
        .filter(name -> !leavesRoom(headers.get(name.replace("reset", "remaining"))))
        .flatMap(name -> Optional.ofNullable(headers.get(name)).flatMap(this::read).stream())
        .max(Duration::compareTo);
  }

  private static boolean leavesRoom(@org.jspecify.annotations.Nullable String remaining) {
    return remaining != null && number(remaining).filter(n -> n > 0).isPresent();
  }

  private Optional<Duration> read(String value) {
    var text = value.trim();
    return number(text).map(this::seconds).or(() -> span(text)).or(() -> date(text));
  }

  private Duration seconds(double value) {
    var fromNow = value >= UNIX_SECONDS ? value - clock.now().getEpochSecond() : value;
    return Duration.ofMillis((long) (Math.clamp(fromNow, 0, 1e6) * 1000));
  }

  private static Optional<Duration> span(String text) {
    var match = SPAN.matcher(text);
    if (text.isEmpty() || !match.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        Duration.ofHours(whole(match.group(1)))
            .plusMinutes(whole(match.group(2)))
            .plusMillis(
                match.group(3) == null ? 0 : (long) (Double.parseDouble(match.group(3)) * 1000))
            .plusMillis(whole(match.group(4))));
  }

  private static long whole(@org.jspecify.annotations.Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }

  private Optional<Duration> date(String text) {
    try {
      var then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(Duration.between(clock.now(), then));
    } catch (DateTimeException _) {
      return Optional.empty();
    }
  }

  private static Optional<Double> number(String text) {
    return text.matches("\\d{1,15}(\\.\\d{1,9})?")
        ? Optional.of(Double.parseDouble(text))
        : Optional.empty();
  }
}
