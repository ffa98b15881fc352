package dev.weir.forecast;

import java.util.Locale;
import java.util.Optional;

/** Whose month is asked about. */
public enum By {
  /** One user's. */
  USER,
  /** One function's. */
  FUNCTION,
  /** Everybody's together. */
  TOTAL;

  /** As it stands in JSON and in a query. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one of this label, if there is. */
  public static Optional<By> of(String label) {
    for (var by : values()) {
      if (by.label().equals(label)) {
        return Optional.of(by);
      }
    }
    return Optional.empty();
  }
}
