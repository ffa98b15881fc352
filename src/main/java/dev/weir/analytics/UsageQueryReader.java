package dev.weir.analytics;

import dev.weir.core.AIError;
import dev.weir.core.Nearest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads a question from the parameters of a request. Without any it is the last 30 days (UTC), as
 * one sum. What it cannot read it refuses with what it could.
 */
public final class UsageQueryReader {
  private static final int DAYS = 30;
  private static final int LIMIT = 100;
  private static final int MOST = 1_000;
  private static final int FARTHEST = 1_000_000;
  private static final int MOST_GROUPS = 4;
  private static final Duration LONGEST = Duration.ofDays(3_660);
  private static final List<String> OTHERS =
      List.of(
          "from",
          "to",
          "group_by",
          "interval",
          "order",
          "percentiles",
          "limit",
          "cursor",
          "format");

  private final Map<String, String> parameters;
  private final Instant now;

  private UsageQueryReader(Map<String, String> parameters, Instant now) {
    this.parameters = parameters;
    this.now = now;
  }

  /**
   * The question.
   *
   * @param parameters by name; {@code format} is the door's own
   * @param now what "the last 30 days" ends with
   * @throws AIError {@code INVALID_REQUEST} that names the parameter and what may stand there
   */
  public static UsageQuery read(Map<String, String> parameters, Instant now) {
    return new UsageQueryReader(parameters, now).query();
  }

  private UsageQuery query() {
    var to =
        moment("to").orElseGet(() -> now.truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS));
    var from =
        moment("from")
            .orElseGet(
                () ->
                    to.minusNanos(1).truncatedTo(ChronoUnit.DAYS).minus(DAYS - 1, ChronoUnit.DAYS));
    if (!from.isBefore(to)) {
      throw fault("from", "must lie before to; to is exclusive");
    }
    if (Duration.between(from, to).compareTo(LONGEST) > 0) {
      throw fault("from", "must lie at most ten years before to");
    }
    return new UsageQuery(
        from,
        to,
        groups(),
        choice("interval", Interval.values(), Interval::label, Interval.NONE),
        filters(),
        choice("order", Order.values(), Order::label, Order.COST),
        percentiles(),
        number("limit", LIMIT, 1, MOST),
        number("cursor", 0, 0, FARTHEST));
  }

  private List<Dimension> groups() {
    var groups = new ArrayList<Dimension>();
    for (var name : text("group_by").orElse("").split(",", -1)) {
      if (!name.isBlank()) {
        var known = Dimension.named(name.strip());
        groups.add(
            known.orElseThrow(
                () ->
                    fault(
                        "group_by",
                        "holds '"
                            + shown(name.strip())
                            + "', which is no group; there are "
                            + String.join(", ", Dimension.names()))));
      }
    }
    if (groups.stream().distinct().count() != groups.size() || groups.size() > MOST_GROUPS) {
      throw fault("group_by", "takes up to " + MOST_GROUPS + " groups, each once");
    }
    return groups;
  }

  private Map<Dimension, String> filters() {
    var filters = new LinkedHashMap<Dimension, String>();
    parameters.forEach(
        (name, value) -> {
          if (!OTHERS.contains(name)) {
            filters.put(Dimension.named(name).orElseThrow(() -> unknown(name)), value);
          }
        });
    return filters;
  }

  private static AIError unknown(String name) {
    var known = new ArrayList<>(OTHERS);
    known.addAll(Dimension.names());
    return fault(
        shown(name),
        "is no parameter."
            + Nearest.to(name, known).map(n -> " Did you mean '" + n + "'?").orElse("")
            + " There are "
            + String.join(", ", known));
  }

  private Optional<Instant> moment(String name) {
    return text(name).map(value -> moment(name, value));
  }

  private static Instant moment(String name, String value) {
    try {
      return value.indexOf('T') < 0
          ? LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toInstant()
          : OffsetDateTime.parse(value).toInstant();
    } catch (DateTimeException _) {
      throw fault(name, "must be a date such as 2026-11-01 or a time such as 2026-11-01T08:00:00Z");
    }
  }

  private boolean percentiles() {
    return switch (text("percentiles").orElse("true")) {
      case "true" -> true;
      case "false" -> false;
      default -> throw fault("percentiles", "must be true or false");
    };
  }

  private <T> T choice(String name, T[] values, Function<T, String> label, T standard) {
    return text(name)
        .map(
            value ->
                Arrays.stream(values)
                    .filter(v -> label.apply(v).equals(value))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            fault(
                                name,
                                "must be one of "
                                    + Arrays.stream(values)
                                        .map(label)
                                        .collect(Collectors.joining(", ")))))
        .orElse(standard);
  }

  private int number(String name, int standard, int least, int most) {
    return text(name)
        .map(
            value -> {
              try {
                var number = Integer.parseInt(value);
                if (number >= least && number <= most) {
                  return number;
                }
              } catch (NumberFormatException _) {
                // Told below.
              }
              throw fault(name, "must be a whole number from " + least + " to " + most);
            })
        .orElse(standard);
  }

  private Optional<String> text(String name) {
    return Optional.ofNullable(parameters.get(name)).map(String::strip).filter(v -> !v.isEmpty());
  }

  private static AIError fault(String name, String what) {
    return AIError.invalid(name + " " + what + ".").with("param", name);
  }

  private static String shown(String word) {
    var plain = word.replaceAll("[^\\x20-\\x7e]", "?");
    return plain.length() <= 40 ? plain : plain.substring(0, 40) + "...";
  }
}
