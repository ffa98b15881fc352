package dev.weir.repricing;

import dev.weir.core.AIError;
import java.time.Instant;
import java.util.Optional;

/**
 * What is to be priced again.
 *
 * @param from calls that came in from here on
 * @param to and before this moment
 * @param model {@code provider/model}, or empty for all
 * @param dryRun whether it only tells what would change
 */
public record Order(Instant from, Instant to, Optional<String> model, boolean dryRun) {
  private static final Instant EARLIEST = Instant.parse("2000-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");
  private static final int LONGEST_MODEL = 200;

  /** Refuses a span that is none with {@code INVALID_REQUEST}. */
  public Order {
    if (!from.isBefore(to) || from.isBefore(EARLIEST) || to.isAfter(LATEST)) {
      throw AIError.invalid("'from' must lie before 'to', and both in the years 2000 to 2199.");
    }
    if (model.filter(m -> !m.contains("/") || m.length() > LONGEST_MODEL).isPresent()) {
      throw AIError.invalid("'model' must be a model as provider/model.");
    }
  }
}
