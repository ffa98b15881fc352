package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import io.vertx.sqlclient.data.Numeric;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** What the judge of experiments reads and writes; inside of its caller's transaction. */
final class JudgeTable {

  /** Those that run, and those that ended and were not looked at since their last unit closed. */
  private static final String JUDGED =
      """
      SELECT e.experiment_name, e.status, e.mode, e.suspended_at, extract(epoch FROM e.settle)::bigint AS settle_s,
        e.plan::text AS plan,
        (SELECT jsonb_agg(jsonb_build_object('name', v.prompt_variant, 'control', v.is_control,
            'off_at', v.switched_off_at, 'from', v.counts_from_epoch) ORDER BY v.place)
          FROM prompt_experiments AS v WHERE v.experiment_name = e.experiment_name)::text AS arms,
        (SELECT jsonb_object_agg(p.epoch, p.weights) FROM experiment_epochs AS p
          WHERE p.experiment_name = e.experiment_name)::text AS epochs,
        (SELECT p.began_at FROM experiment_epochs AS p
          WHERE p.experiment_name = e.experiment_name AND p.epoch = e.epoch) AS epoch_began_at,
        (SELECT coalesce(jsonb_agg(d.prompt_variant), '[]') FROM experiment_decisions AS d
          WHERE d.experiment_name = e.experiment_name AND d.decision = 'verdict')::text AS verdicts
      FROM experiments AS e
      WHERE e.status IN ('running', 'paused') OR e.stopped_at > now() - interval '1 day'
      ORDER BY e.experiment_name
      """;

  private static final String VERDICT =
      "UPDATE experiments SET verdict = $2::text::jsonb WHERE experiment_name = $1";
  private static final String SUMMARY =
      """
      UPDATE prompt_experiments AS v SET
        user_count = s.users, success_count = s.successes, total_count = s.trials, refused_count = s.refused,
        cancelled_count = s.cancelled, avg_latency_ms = s.latency::float8 / greatest(s.trials, 1),
        avg_token_count = s.tokens::float8 / greatest(s.trials, 1), feedback_answers = s.answers,
        feedback_successes = s.liked, cost_usd = s.cost, changed_at = now()
      FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
          $9::bigint[], $10::bigint[], $11::bigint[], $12::numeric[])
        AS s (variant, users, trials, successes, refused, cancelled, latency, tokens, answers, liked, cost)
      WHERE v.experiment_name = $1 AND v.prompt_variant = s.variant
        AND (v.user_count, v.total_count, v.success_count, v.refused_count, v.cancelled_count,
            v.feedback_answers, v.feedback_successes, v.cost_usd)
          IS DISTINCT FROM (s.users, s.trials, s.successes, s.refused, s.cancelled, s.answers, s.liked, s.cost)
      """;
  private static final String SUSPEND =
      """
      UPDATE experiments SET suspended_at = now(), suspended_because = $2
      WHERE experiment_name = $1 AND suspended_at IS NULL
      """;
  private static final String ALERT =
      """
      INSERT INTO alert_events (id, alert_name, state, detail) VALUES ($1, $2, 'firing', $3::text::jsonb)
      ON CONFLICT DO NOTHING
      """;
  // An alert says what is so now: a stopped experiment harms nobody, nor does an arm that somebody
  // answers for again.
  private static final String RESOLVE =
      """
      UPDATE alert_events AS a SET state = 'resolved', resolved_at = now()
      WHERE a.state = 'firing' AND (a.alert_name LIKE 'experiment-guardrail:%' OR a.alert_name LIKE 'experiment-sample-ratio:%'
          OR a.alert_name LIKE 'experiment-attrition:%')
        AND NOT EXISTS (
          SELECT FROM experiments AS e
          WHERE e.experiment_name = a.detail ->> 'experiment' AND e.status IN ('running', 'paused')
            AND (a.alert_name NOT LIKE 'experiment-guardrail:%' OR EXISTS (
              SELECT FROM prompt_experiments AS v
              WHERE v.experiment_name = e.experiment_name AND v.prompt_variant = a.detail ->> 'variant'
                AND v.switched_off_at IS NOT NULL)))
      """;

  private JudgeTable() {}

  /** Resolves the alerts of what is over. */
  static Future<Void> resolve(SqlConnection c) {
    return c.query(RESOLVE).execute().mapEmpty();
  }

  static Future<List<Judged>> judged(SqlConnection c) {
    return c.query(JUDGED)
        .execute()
        .map(
            rows -> {
              var all = new ArrayList<Judged>();
              rows.forEach(row -> all.add(judged(row)));
              return all;
            });
  }

  private static Judged judged(Row row) {
    var arms = new ArrayList<Judged.Arm>();
    Json.parse(row.getString("arms"))
        .forEach(
            arm ->
                arms.add(
                    new Judged.Arm(
                        arm.path("name").asText(),
                        arm.path("control").asBoolean(),
                        Optional.ofNullable(arm.path("off_at").textValue())
                            .map(at -> OffsetDateTime.parse(at).toInstant()),
                        arm.path("from").asInt())));
    var epochs = new HashMap<Integer, Map<String, Double>>();
    for (var epoch : Json.parse(row.getString("epochs")).properties()) {
      var shares = new HashMap<String, Double>();
      epoch.getValue().properties().forEach(s -> shares.put(s.getKey(), s.getValue().asDouble()));
      epochs.put(Integer.valueOf(epoch.getKey()), shares);
    }
    var verdicts = new ArrayList<String>();
    Json.parse(row.getString("verdicts")).forEach(v -> verdicts.add(v.asText()));
    return Judged.of(row, Json.parse(row.getString("plan")), arms, epochs, verdicts);
  }

  static Future<Void> verdict(SqlConnection c, String name, JsonNode verdict) {
    return c.preparedQuery(VERDICT).execute(Tuple.of(name, verdict.toString())).mapEmpty();
  }

  /** Tells the readers of {@code prompt_experiments} the arms' sums. */
  static Future<Void> summary(SqlConnection c, String name, Map<String, Tally.Sums> arms) {
    var names = List.copyOf(arms.keySet());
    var sums = names.stream().map(arm -> Objects.requireNonNull(arms.get(arm))).toList();
    var row = Tuple.tuple().addString(name).addValue(names.toArray(String[]::new));
    for (var column : Tally.Sums.COUNTS) {
      row.addValue(sums.stream().map(column).toArray(Long[]::new));
    }
    row.addValue(sums.stream().map(s -> Numeric.create(s.cost())).toArray(Numeric[]::new));
    return c.preparedQuery(SUMMARY).execute(row).mapEmpty();
  }

  /** Whether it was not suspended before. */
  static Future<Boolean> suspend(SqlConnection c, String name, String because) {
    return c.preparedQuery(SUSPEND).execute(Tuple.of(name, because)).map(r -> r.rowCount() == 1);
  }

  static Future<Void> alert(SqlConnection c, UUID id, String name, ObjectNode detail) {
    return c.preparedQuery(ALERT).execute(Tuple.of(id, name, detail.toString())).mapEmpty();
  }
}
