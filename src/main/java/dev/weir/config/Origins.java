package dev.weir.config;

import com.google.re2j.Pattern;
import java.util.List;

/** The browsers' origins that may call, among the settings. */
final class Origins {
  private static final Pattern ORIGIN =
      Pattern.compile("\\*|https?://(\\*\\.)?[A-Za-z0-9.-]+(:([0-9]{1,5}|\\*))?");

  private final Reading reading;

  Origins(Reading reading) {
    this.reading = reading;
  }

  /** None in prod unless configured; any port of localhost in dev. */
  List<String> origins(Mode mode) {
    var origins =
        reading.list("cors.origins", mode == Mode.DEV ? List.of("http://localhost:*") : List.of());
    for (var origin : origins) {
      if (!ORIGIN.matches(origin)) {
        reading.fault(
            "cors.origins",
            "must be origins such as https://app.example.com or http://localhost:*, not \""
                + origin
                + "\"");
      }
    }
    return origins;
  }
}
