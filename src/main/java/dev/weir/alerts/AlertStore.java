package dev.weir.alerts;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.health.Concern;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;

/** The alerts, for those who look at them. Any thread. */
public final class AlertStore {
  private static final Duration LOOK = Duration.ofSeconds(30);

  /** What a firing alert takes from the health's score of 100: it is no fault of the service's. */
  private static final int PENALTY = 2;

  private static final String LIST =
      """
      SELECT id, alert_name, state, detail, fired_at, resolved_at FROM alert_events
      WHERE ($1::text IS NULL OR state = $1)
      ORDER BY fired_at DESC, id DESC
      LIMIT $2
      """;
  private static final String FIRING = "SELECT count(*) FROM alert_events WHERE state = 'firing'";

  private final Database database;
  private volatile long firing;

  /** Over this database. */
  public AlertStore(Database database) {
    this.database = database;
  }

  /** Keeps the number of firing alerts at hand for health and meters, while {@code vertx} lives. */
  public void watch(Vertx vertx) {
    look();
    vertx.setPeriodic(LOOK.toMillis(), _ -> look());
  }

  private void look() {
    // While the database is away the last number stands; its absence is told elsewhere.
    database
        .jobs(c -> c.query(FIRING).execute())
        .onSuccess(rows -> firing = rows.iterator().next().getLong(0));
  }

  /** How many alerts fire, as of half a minute ago. */
  public long firing() {
    return firing;
  }

  /** What a health report says of them. */
  public List<Concern> concerns() {
    var count = firing;
    return count == 0
        ? List.of()
        : List.of(
            new Concern(
                PENALTY,
                count
                    + (count == 1 ? " alert is firing" : " alerts are firing")
                    + "; GET /api/alerts lists them"));
  }

  /**
   * The alerts, newest first.
   *
   * @param state {@code firing} or {@code resolved}; empty for both
   * @param limit how many at most
   */
  public Future<JsonNode> list(Optional<String> state, int limit) {
    return database
        .admin(c -> c.preparedQuery(LIST).execute(Tuple.of(state.orElse(null), limit)))
        .map(
            rows -> {
              var json = Json.object();
              var alerts = json.putArray("alerts");
              rows.forEach(row -> alerts.add(alert(row)));
              return json;
            });
  }

  private static JsonNode alert(Row row) {
    var json =
        Json.object()
            .put("id", row.getUUID("id").toString())
            .put("name", row.getString("alert_name"))
            .put("state", row.getString("state"))
            .put("fired_at", time(row.getOffsetDateTime("fired_at")));
    Optional.ofNullable(row.getOffsetDateTime("resolved_at"))
        .ifPresentOrElse(
            at -> json.put("resolved_at", time(at)), () -> json.putNull("resolved_at"));
    json.set("detail", Json.parse(row.getJsonObject("detail").encode()));
    return json;
  }

  private static String time(OffsetDateTime at) {
    return at.toInstant().toString();
  }
}
