package dev.weir.experiments;

import io.vertx.sqlclient.Row;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * How far an order of units was read: behind this one.
 *
 * @param at what the order goes by
 * @param then what it goes by next
 * @param user and last
 */
record Place(OffsetDateTime at, OffsetDateTime then, String user) {
  private static final OffsetDateTime LONG_AGO =
      OffsetDateTime.of(1970, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

  /** Before everything. */
  static final Place START = new Place(LONG_AGO, LONG_AGO, "");

  static Place closed(Row row) {
    return new Place(
        row.getOffsetDateTime("closed_at"),
        row.getOffsetDateTime("window_ends_at"),
        row.getString("user_id"));
  }

  static Place first(Row row) {
    var at = row.getOffsetDateTime("first_trial_at");
    return new Place(at, at, row.getString("user_id"));
  }
}
