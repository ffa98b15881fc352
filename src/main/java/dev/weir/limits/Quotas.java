package dev.weir.limits;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an administrator reads and changes of limits: tiers, the tier of a user, and a subject's own
 * limits, which stand above those of its tier. The database tells every node of a change. For the
 * admin API; thread-safe.
 */
public final class Quotas {
  /** The names of a subject's own limits, and what they are in the table. */
  private static final Map<String, List<String>> LIMITS =
      Map.of(
          "calls_per_minute", List.of("calls", "minute"),
          "calls_per_day", List.of("calls", "day"),
          "calls_per_month", List.of("calls", "month"),
          "tokens_per_minute", List.of("tokens", "minute"),
          "usd_per_month", List.of("usd", "month"),
          "concurrent_calls", List.of("concurrent", "moment"));

  private static final BigDecimal MOST = new BigDecimal("1000000000");
  private static final String TIERS =
      "SELECT row_to_json(t)::text AS tier FROM tiers t ORDER BY name";
  private static final String PUT_TIER =
      """
      INSERT INTO tiers (name, calls_per_month, calls_per_day, usd_per_month, tokens_per_minute, calls_per_minute,
        concurrent_calls, when_storage_away, away_calls, away_usd)
      VALUES ($1, $2::text::bigint, $3::text::bigint, $4::text::numeric, $5::text::bigint, $6::text::bigint,
        $7::text::bigint, $8, $9::text::bigint, $10::text::numeric)
      ON CONFLICT (name) DO UPDATE SET calls_per_month = excluded.calls_per_month,
        calls_per_day = excluded.calls_per_day, usd_per_month = excluded.usd_per_month,
        tokens_per_minute = excluded.tokens_per_minute, calls_per_minute = excluded.calls_per_minute,
        concurrent_calls = excluded.concurrent_calls, when_storage_away = excluded.when_storage_away,
        away_calls = excluded.away_calls, away_usd = excluded.away_usd, changed_at = now()
      RETURNING row_to_json(tiers)::text AS tier
      """;
  private static final String OWN =
      "SELECT unit, period, amount FROM subject_limits WHERE subject_kind = $1 AND subject_id = $2";
  private static final String SET =
      """
      INSERT INTO subject_limits (subject_kind, subject_id, unit, period, amount) VALUES ($1, $2, $3, $4, $5::text::numeric)
      ON CONFLICT (subject_kind, subject_id, unit, period) DO UPDATE SET amount = excluded.amount, changed_at = now()
      """;
  private static final String UNSET =
      "DELETE FROM subject_limits WHERE subject_kind = $1 AND subject_id = $2 AND unit = $3 AND"
          + " period = $4";
  private static final String MOVE =
      "INSERT INTO users (user_id, tier) VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET tier ="
          + " excluded.tier";

  private final Database database;

  /** Quotas in this database. */
  public Quotas(Database database) {
    this.database = database;
  }

  /** All tiers. */
  public Future<JsonNode> tiers() {
    return database.admin(
        c ->
            c.query(TIERS)
                .execute()
                .map(
                    rows -> {
                      ArrayNode all = Json.mapper().createArrayNode();
                      rows.forEach(row -> all.add(Json.parse(row.getString("tier"))));
                      return Json.object().<ObjectNode>set("tiers", all);
                    }));
  }

  /**
   * Makes or changes a tier; what the body leaves out is no limit.
   *
   * @return fails with {@code INVALID_REQUEST} for negative or absurd figures
   */
  public Future<JsonNode> putTier(String name, JsonNode body) {
    if (!name.matches("[a-z][a-z0-9_-]{0,62}")) {
      throw AIError.invalid("A tier's name is of small letters, digits, - and _.");
    }
    var away = body.path("when_storage_away").asText("closed");
    if (!away.equals("closed") && !away.equals("open")) {
      throw AIError.invalid("'when_storage_away' must be closed or open.");
    }
    var values = Tuple.of(name);
    for (var field :
        List.of(
            "calls_per_month",
            "calls_per_day",
            "usd_per_month",
            "tokens_per_minute",
            "calls_per_minute",
            "concurrent_calls")) {
      values.addValue(amount(field, body.path(field)).map(BigDecimal::toPlainString).orElse(null));
    }
    values.addValue(away);
    values.addValue(
        amount("away_calls", body.path("away_calls")).orElse(BigDecimal.ZERO).toPlainString());
    values.addValue(
        amount("away_usd", body.path("away_usd")).orElse(BigDecimal.ZERO).toPlainString());
    return database
        .admin(
            c ->
                c.preparedQuery(PUT_TIER)
                    .execute(values)
                    .map(rows -> Json.parse(rows.iterator().next().getString("tier"))))
        .recover(Quotas::explained);
  }

  /** A subject's own limits. */
  public Future<ObjectNode> own(Subject subject) {
    return database.admin(c -> own(c, subject));
  }

  private static Future<ObjectNode> own(SqlConnection c, Subject subject) {
    return c.preparedQuery(OWN)
        .execute(Tuple.of(subject.kind().label(), subject.id()))
        .map(
            rows -> {
              var json = Json.object();
              for (var row : rows) {
                LIMITS.forEach(
                    (name, key) -> {
                      if (key.get(0).equals(row.getString("unit"))
                          && key.get(1).equals(row.getString("period"))) {
                        json.put(name, row.getBigDecimal("amount").stripTrailingZeros());
                      }
                    });
              }
              return json;
            });
  }

  /**
   * Changes a subject's own limits: {@code {"tier": "pro", "limits": {"calls_per_day": 50,
   * "usd_per_month": null}}}; a null takes a limit away again, what is left out stays.
   */
  public Future<ObjectNode> change(Subject subject, JsonNode body) {
    var changes = new ArrayList<Map.Entry<String, Optional<BigDecimal>>>();
    body.path("limits")
        .properties()
        .forEach(
            field -> {
              if (!LIMITS.containsKey(field.getKey())) {
                throw AIError.invalid(
                    "'"
                        + field.getKey()
                        + "' is no limit; there are "
                        + String.join(", ", LIMITS.keySet().stream().sorted().toList())
                        + ".");
              }
              changes.add(Map.entry(field.getKey(), amount(field.getKey(), field.getValue())));
            });
    var tier = Optional.of(body.path("tier")).filter(JsonNode::isTextual).map(JsonNode::textValue);
    if (tier.isPresent() && subject.kind() != Subject.Kind.USER) {
      throw AIError.invalid("Only a user has a tier.");
    }
    if (tier.isEmpty() && changes.isEmpty()) {
      throw AIError.invalid("Nothing to change: send 'tier', 'limits' or both.");
    }
    return database
        .admin(
            c -> {
              Future<?> done =
                  tier.isPresent()
                      ? c.preparedQuery(MOVE).execute(Tuple.of(subject.id(), tier.get()))
                      : Future.succeededFuture();
              for (var change : changes) {
                done = done.compose(_ -> change(c, subject, change.getKey(), change.getValue()));
              }
              return done.compose(_ -> own(c, subject));
            })
        .recover(Quotas::explained);
  }

  private static Future<?> change(
      SqlConnection c, Subject subject, String name, Optional<BigDecimal> amount) {
    var key = LIMITS.getOrDefault(name, List.of("", ""));
    var where = Tuple.of(subject.kind().label(), subject.id(), key.get(0), key.get(1));
    return amount.isPresent()
        ? c.preparedQuery(SET).execute(where.addValue(amount.get().toPlainString()))
        : c.preparedQuery(UNSET).execute(where);
  }

  /** A limit, or empty for none. */
  private static Optional<BigDecimal> amount(String name, JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return Optional.empty();
    }
    var value = node.isNumber() ? node.decimalValue() : BigDecimal.ONE.negate();
    var whole = !name.contains("usd");
    if (value.signum() < 0
        || value.compareTo(MOST) > 0
        || value.stripTrailingZeros().scale() > (whole ? 0 : 9)) {
      throw AIError.invalid(
          "'"
              + name
              + "' must be "
              + (whole ? "a whole number" : "an amount")
              + " from 0 to "
              + MOST
              + ".");
    }
    return Optional.of(value);
  }

  private static <T> Future<T> explained(Throwable failure) {
    if (failure instanceof PgException refused) {
      var state = String.valueOf(refused.getSqlState());
      if (state.equals("23503")) {
        return Future.failedFuture(
            AIError.of(ErrorCode.NOT_FOUND, "There is no such tier; GET /api/tiers lists them."));
      }
      if (state.startsWith("22") || state.startsWith("23")) {
        return Future.failedFuture(
            AIError.invalid("The database refuses these figures.").causedBy(refused));
      }
    }
    return Future.failedFuture(failure);
  }
}
