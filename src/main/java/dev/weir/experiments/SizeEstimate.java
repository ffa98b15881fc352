package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.experiments.stats.Alpha;
import dev.weir.experiments.stats.SampleSize;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;

/**
 * How many users and days an experiment needs to find an effect, told before it starts: from the
 * variance between users of the function over a span as long as the experiment's window, and from
 * how many users were seen for the first time on each day of it. Where feedback decides, the users
 * are those who answer, and of those who come so many do as did in that span. Any thread.
 */
public final class SizeEstimate {
  /** The largest variance that a share can have: without a history, nothing less is safe. */
  private static final double WORST_VARIANCE = 0.25;

  private static final double WORST_MEAN = 0.5;

  private static final int FEWEST_USERS = 30;
  private static final String READ =
      """
      SELECT e.plan::text AS plan, extract(epoch FROM e.unit_window)::float8 / 86400 AS window_days,
        (e.slot_to - e.slot_from) / 10000.0::float8 AS slots,
        (SELECT jsonb_object_agg(v.prompt_variant, v.weight) FROM prompt_experiments AS v
          WHERE v.experiment_name = e.experiment_name)::text AS weights,
        (SELECT v.prompt_variant FROM prompt_experiments AS v
          WHERE v.experiment_name = e.experiment_name AND v.is_control) AS control,
        h.users, h.mean, h.variance, h.days, (
          SELECT count(DISTINCT m.user_id) FROM ai_usage_metrics AS m
          JOIN feedback AS f ON f.request_id = m.id AND f.user_id = m.user_id AND f.status = 'current'
            AND f.received_at <= m.started_at + e.feedback_window
          WHERE m.function_name = e.function_name AND m.started_at > now() - e.unit_window
            AND m.status IN ('ok', 'error') AND m.cache_status NOT IN ('hit', 'semantic', 'stale', 'coalesced')
        ) AS answering
      FROM experiments AS e CROSS JOIN LATERAL (
        SELECT count(*) AS users, avg(share)::float8 AS mean, var_pop(share)::float8 AS variance,
          (SELECT array_agg(coalesce(n.users, 0) ORDER BY d.day) FROM
            generate_series(0, greatest(ceil(extract(epoch FROM e.unit_window) / 86400)::integer, 1) - 1) AS d (day)
            LEFT JOIN (
              SELECT floor(extract(epoch FROM f.first - (now() - e.unit_window)) / 86400)::integer AS day, count(*) AS users
              FROM (
                SELECT min(m.started_at) AS first FROM ai_usage_metrics AS m
                WHERE m.function_name = e.function_name AND m.started_at > now() - e.unit_window GROUP BY m.user_id
              ) AS f GROUP BY 1
            ) AS n USING (day)) AS days
        FROM (
          SELECT avg(CASE WHEN m.status = 'ok' THEN 1.0 ELSE 0.0 END) AS share FROM ai_usage_metrics AS m
          WHERE m.function_name = e.function_name AND m.started_at > now() - e.unit_window
            AND m.status IN ('ok', 'error') AND m.cache_status NOT IN ('hit', 'semantic', 'stale', 'coalesced')
          GROUP BY m.user_id
        ) AS s
      ) AS h
      WHERE e.experiment_name = $1
      """;

  private final Database database;

  /** Over this database. */
  public SizeEstimate(Database database) {
    this.database = database;
  }

  /**
   * An estimate.
   *
   * @param name the experiment
   * @param effect the smallest difference in the primary metric that is worth finding, above 0
   * @param power the chance to find it, below 1
   */
  public Future<JsonNode> of(String name, double effect, double power) {
    if (!(effect > 0 && effect < 1 && power >= 0.5 && power < 1)) {
      throw AIError.invalid(
          "'effect' must be a difference between 0 and 1, and 'power' from 0.5 to below 1.");
    }
    return database
        .admin(c -> c.preparedQuery(READ).execute(Tuple.of(name)))
        .map(
            rows -> {
              for (var row : rows) {
                return estimate(row, effect, power);
              }
              throw ExperimentTable.unknown(name);
            });
  }

  private static JsonNode estimate(Row row, double effect, double power) {
    var plan = ExperimentPlan.of(Json.parse(row.getString("plan")));
    var shares = ArmTable.shares(Json.parse(row.getString("weights")));
    var control = row.getString("control");
    var smallest = 1.0;
    for (var arm : shares.properties()) {
      if (!arm.getKey().equals(control) && arm.getValue().doubleValue() > 0) {
        smallest = Math.min(smallest, arm.getValue().doubleValue());
      }
    }
    if (shares.path(control).doubleValue() <= 0 || smallest >= 1) {
      throw AIError.invalid("Control and another variant need a weight above zero.");
    }
    // The history of validity; feedback's is not known before anybody was asked.
    var n = row.getLong("users");
    var known = plan.primary() == ExperimentPlan.Primary.VALIDITY && n >= FEWEST_USERS;
    // With two imagined users, one all failures and one all successes: a spotless history is no
    // proof.
    var mean = known ? (row.getDouble("mean") * n + 1) / (n + 2) : WORST_MEAN;
    var variance =
        known
            ? ((row.getDouble("variance") + row.getDouble("mean") * row.getDouble("mean")) * n + 1)
                    / (n + 2)
                - mean * mean
            : WORST_VARIANCE;
    var size =
        SampleSize.forShares(
            new SampleSize.Aim(
                effect,
                Alpha.perComparison(plan.alpha(), shares.size()),
                power,
                shares.path(control).doubleValue(),
                smallest),
            mean,
            Math.min(variance, mean * (1 - mean)));
    var feedback = plan.primary() == ExperimentPlan.Primary.FEEDBACK;
    // A user who never says anything is none of the metric. With an imagined one who does.
    var entering = feedback ? (row.getLong("answering") + 1.0) / (n + 2.0) : 1;
    var comers = new ArrayList<Double>();
    for (var users : row.getArrayOfLongs("days")) {
      comers.add(users * row.getDouble("slots") * entering);
    }
    var window = (long) Math.ceil(row.getDouble("window_days"));
    var days = size.days(comers.stream().mapToDouble(Double::doubleValue).toArray(), window);
    var json =
        Json.object()
            .put("effect", effect)
            .put("power", power)
            .put("mean_of_users", mean)
            .put("variance_between_users", variance)
            .put("variance_from", known ? "history" : "the worst case, as there is no history")
            .put("users_in_history", row.getLong("users"));
    json.put("users_are", feedback ? "users who answer" : "users with a trial");
    if (feedback) {
      // Of so few nobody can tell how many will answer, nor how many days it takes.
      if (n < FEWEST_USERS) {
        days = Long.MAX_VALUE;
        json.putNull("share_of_users_who_answer");
        json.putNull("users_to_come");
      } else {
        json.put("share_of_users_who_answer", entering);
        put(json, "users_to_come", toCome(size.users(), entering));
      }
    }
    put(json, "users", size.users());
    put(json, "users_per_arm", size.usersPerArm());
    put(json, "median_users", size.medianUsers());
    put(json, "days", days);
    return json;
  }

  private static long toCome(long users, double entering) {
    return users == Long.MAX_VALUE ? users : (long) Math.ceil(users / entering);
  }

  /** What never suffices is null. */
  private static void put(ObjectNode json, String name, long value) {
    if (value == Long.MAX_VALUE) {
      json.putNull(name);
    } else {
      json.put(name, value);
    }
  }
}
