package dev.weir.repricing;

import dev.weir.core.Usd;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * One re-pricing, as far as it has come.
 *
 * @param id its id
 * @param askedBy the key of the administrator who asked
 * @param order what was asked for
 * @param priceTable the fingerprint of the price table that prices it
 * @param beganAt when it began
 * @param movedAt when it last came on
 * @param endedAt when it was through, or empty
 * @param expected about how many rows there are to read
 * @param read how many were read
 * @param changed rows whose cost is another now, or would be
 * @param unpriced rows that still have no price
 * @param kept rows left alone because their lines do not say enough
 * @param oldCost what the rows of the span cost before, those without a price counted as nothing
 * @param newCost and after
 * @param models the same by the model that answered
 */
public record Repricing(
    UUID id,
    UUID askedBy,
    Order order,
    String priceTable,
    Instant beganAt,
    Instant movedAt,
    Optional<Instant> endedAt,
    long expected,
    long read,
    long changed,
    long unpriced,
    long kept,
    Usd oldCost,
    Usd newCost,
    Map<String, Sums> models) {

  /** Copies the models. */
  public Repricing {
    models = Map.copyOf(models);
  }

  /**
   * What was found of one model.
   *
   * @param rows its rows in the span
   * @param changed those whose cost is another now
   * @param unpriced those that still have no price
   * @param oldCost what they cost before
   * @param newCost and after
   */
  public record Sums(long rows, long changed, long unpriced, Usd oldCost, Usd newCost) {
    static final Sums NONE = new Sums(0, 0, 0, Usd.ZERO, Usd.ZERO);

    Sums plus(Sums other) {
      return new Sums(
          rows + other.rows,
          changed + other.changed,
          unpriced + other.unpriced,
          oldCost.plus(other.oldCost),
          newCost.plus(other.newCost));
    }
  }
}
