package dev.weir.experiments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Json;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;

/**
 * The statements of an experiment's life, from the draft to its end, and what was decided in it;
 * who gets which arm is {@link ArmTable}'s. Each method runs inside of a transaction of its caller,
 * as {@code weir_admin} or {@code weir_jobs}.
 */
final class ExperimentTable {
  private static final String CREATE =
      """
      INSERT INTO experiments (experiment_name, function_name, description, layer, slot_from, slot_to, salt, mode,
        unit_window, feedback_window, settle, plan, created_by)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, make_interval(secs => $9), make_interval(secs => $10),
        make_interval(secs => $11), $12::text::jsonb, $13)
      ON CONFLICT DO NOTHING
      """;
  private static final String ARM =
      """
      INSERT INTO prompt_experiments (experiment_name, prompt_variant, is_control, weight, overrides, place)
      VALUES ($1, $2, $3, $4, $5::text::jsonb, $6)
      """;
  // One starter at a time, or two could each find the slots free.
  private static final String LOCK = "SELECT pg_advisory_xact_lock(hashtext('weir_experiments'))";
  private static final String READ =
      """
      SELECT experiment_name, function_name, status, layer, slot_from, slot_to, epoch, winner, suspended_because,
        mode = 'bandit' AS bandit,
        coalesce((plan ->> 'bandit_floor')::float8, 0) AS floor
      FROM experiments WHERE experiment_name = $1 FOR NO KEY UPDATE
      """;
  private static final String KNOWN =
      """
      SELECT jsonb_build_object(
        'alarm', suspended_because,
        'evaluated_at', verdict -> 'at',
        'sample_ratio', verdict -> 'sample_ratio',
        'variants', (
          SELECT coalesce(jsonb_object_agg(v.key, v.value - 'guardrails'), '{}')
          FROM jsonb_each(coalesce(verdict -> 'variants', '{}')) AS v))::text AS json
      FROM experiments WHERE experiment_name = $1
      """;
  private static final String IN_THE_WAY =
      """
      SELECT o.experiment_name, o.layer, o.function_name FROM experiments AS o
      WHERE o.status IN ('running', 'paused') AND o.experiment_name <> $1
        AND ((o.function_name = $2 AND o.layer <> $3)
          OR (o.layer = $3 AND o.slot_from < $5 AND $4 < o.slot_to))
      ORDER BY o.experiment_name LIMIT 1
      """;
  private static final String STATUS =
      """
      UPDATE experiments SET
        status = $2,
        started_at = CASE WHEN $2 = 'running' THEN coalesce(started_at, now()) ELSE started_at END,
        stopped_at = CASE WHEN $2 IN ('stopped', 'concluded') THEN coalesce(stopped_at, now()) END,
        winner = coalesce($3, winner)
      WHERE experiment_name = $1
      """;
  private static final String DECIDED =
      """
      INSERT INTO experiment_decisions (id, experiment_name, decided_by, decision, prompt_variant, reason, data)
      VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
      """;
  private static final String PIN =
      """
      UPDATE prompt_experiments SET overrides = jsonb_set(overrides, '{prompt_version}', to_jsonb($3::text))
      WHERE experiment_name = $1 AND prompt_variant = $2 AND overrides ->> 'prompt_version' <> $3
      """;
  private static final String DELETE =
      "DELETE FROM experiments WHERE experiment_name = $1 AND status = 'draft'";

  private final Clock clock;

  /**
   * An experiment, locked.
   *
   * @param winner if it was concluded
   * @param alarm what the sample-ratio alarm says, if it stands
   * @param banditFloor below which no arm's probability may be, where weights follow what is
   *     learned
   */
  record Locked(
      String name,
      String function,
      String status,
      String layer,
      int slotFrom,
      int slotTo,
      int epoch,
      Optional<String> winner,
      Optional<String> alarm,
      Optional<Double> banditFloor) {
    boolean live() {
      return status.equals("running") || status.equals("paused");
    }
  }

  /**
   * Something that was decided.
   *
   * @param by the id of an admin's key, or {@code weir}
   * @param what in one word
   * @param variant of which arm, if of one
   * @param reason in words
   * @param data what it rests on
   */
  record Decision(
      String by, String what, Optional<String> variant, String reason, ObjectNode data) {}

  ExperimentTable(Clock clock) {
    this.clock = clock;
  }

  Future<Void> create(
      SqlConnection c, Spec spec, String salt, List<Versions.Chosen> versions, String by) {
    var row =
        Tuple.tuple()
            .addString(spec.name())
            .addString(spec.function())
            .addString(spec.description())
            .addString(spec.layer())
            .addInteger(spec.slotFrom())
            .addInteger(spec.slotTo())
            .addString(salt)
            .addString(spec.bandit() ? "bandit" : "fixed")
            .addDouble((double) spec.window().toSeconds())
            .addDouble((double) spec.feedbackWindow().toSeconds())
            .addDouble((double) spec.settle().toSeconds())
            .addString(spec.plan().json().toString())
            .addString(by);
    return c.preparedQuery(CREATE)
        .execute(row)
        .compose(
            made ->
                made.rowCount() == 1
                    ? Versions.keep(c, versions)
                        .compose(_ -> arms(c, spec, versions))
                        .compose(_ -> decided(c, spec.name(), created(spec, by)))
                    : Future.failedFuture(
                        AIError.of(
                            ErrorCode.CONFLICT,
                            "There is an experiment called '" + spec.name() + "' already.")));
  }

  private static Decision created(Spec spec, String by) {
    var data = Json.object().put("function", spec.function()).put("salt", spec.salt().isPresent());
    return new Decision(by, "created", Optional.empty(), "by an administrator", data);
  }

  private static Future<Void> arms(SqlConnection c, Spec spec, List<Versions.Chosen> versions) {
    Future<?> done = Future.succeededFuture();
    for (var i = 0; i < spec.arms().size(); i++) {
      var arm = spec.arms().get(i);
      var overrides =
          Json.object()
              .put("prompt_version", versions.get(i).version())
              .put("base", arm.promptVersion());
      overrides.set("changes", arm.changes());
      var row =
          Tuple.of(spec.name(), arm.name(), arm.control(), arm.weight(), overrides.toString(), i);
      done = done.compose(_ -> c.preparedQuery(ARM).execute(row));
    }
    return done.mapEmpty();
  }

  /** Locks an experiment; {@code NOT_FOUND} if there is none. */
  Future<Locked> lock(SqlConnection c, String name) {
    return c.preparedQuery(READ)
        .execute(Tuple.of(name))
        .map(
            rows -> {
              for (var row : rows) {
                return locked(row);
              }
              throw unknown(name);
            });
  }

  static AIError unknown(String name) {
    return AIError.of(
        ErrorCode.NOT_FOUND,
        "There is no experiment called '" + name + "'; GET /api/experiments lists them.");
  }

  private static Locked locked(Row row) {
    return new Locked(
        row.getString("experiment_name"),
        row.getString("function_name"),
        row.getString("status"),
        row.getString("layer"),
        row.getInteger("slot_from"),
        row.getInteger("slot_to"),
        row.getInteger("epoch"),
        Optional.ofNullable(row.getString("winner")),
        Optional.ofNullable(row.getString("suspended_because")),
        row.getBoolean("bandit") ? Optional.of(row.getDouble("floor")) : Optional.empty());
  }

  /** Sets a draft going, in its first epoch. */
  Future<Void> start(
      SqlConnection c, String name, List<Versions.Chosen> versions, String by, String reason) {
    return c.query(LOCK)
        .execute()
        .compose(_ -> lock(c, name))
        .compose(
            e -> {
              if (!e.status().equals("draft")) {
                throw wrong(e, "started", "only a draft can be");
              }
              return free(c, e).compose(_ -> set(c, name, "running", Optional.empty()));
            })
        .compose(_ -> Versions.keep(c, versions))
        .compose(_ -> pin(c, name, versions))
        .compose(_ -> new ArmTable(this).first(c, name))
        .compose(
            epoch ->
                decided(
                    c,
                    name,
                    new Decision(
                        by, "started", Optional.empty(), reason, started(epoch, versions))));
  }

  /** The versions that its arms have from now on, whatever labels do. */
  private static Future<Void> pin(SqlConnection c, String name, List<Versions.Chosen> versions) {
    Future<?> done = Future.succeededFuture();
    for (var one : versions) {
      done =
          done.compose(_ -> c.preparedQuery(PIN).execute(Tuple.of(name, one.arm(), one.version())));
    }
    return done.mapEmpty();
  }

  private static ObjectNode started(ObjectNode epoch, List<Versions.Chosen> versions) {
    var data = Json.object().set("probabilities", epoch);
    var pinned = data.withObject("/versions");
    versions.forEach(one -> pinned.put(one.arm(), one.version()));
    return (ObjectNode) data;
  }

  private static Future<Void> free(SqlConnection c, Locked e) {
    return c.preparedQuery(IN_THE_WAY)
        .execute(Tuple.of(e.name(), e.function(), e.layer(), e.slotFrom(), e.slotTo()))
        .compose(
            rows -> {
              for (var row : rows) {
                return Future.failedFuture(
                    AIError.of(
                            ErrorCode.CONFLICT,
                            "The experiment '"
                                + row.getString("experiment_name")
                                + "' runs on slots of the same users; give the two one layer and"
                                + " slots that do not overlap, or stop it first.")
                        .with("experiment", row.getString("experiment_name")));
              }
              return Future.succeededFuture();
            });
  }

  /** What a draft's or a stopped experiment's status does not allow. */
  static AIError wrong(Locked e, String what) {
    return AIError.of(
        ErrorCode.CONFLICT,
        "The experiment '" + e.name() + "' is " + e.status() + " and cannot be " + what + ".");
  }

  /** The same, and why. */
  static AIError wrong(Locked e, String what, String why) {
    return AIError.of(
        ErrorCode.CONFLICT,
        e.status().equals(what)
            ? "The experiment '" + e.name() + "' is " + what + " already."
            : "The experiment '"
                + e.name()
                + "' is "
                + e.status()
                + " and cannot be "
                + what
                + "; "
                + why
                + ".");
  }

  /** What the last evaluation said, and the alarm, in short: what a conclusion rests on. */
  Future<ObjectNode> known(SqlConnection c, String name) {
    return c.preparedQuery(KNOWN)
        .execute(Tuple.of(name))
        .map(rows -> (ObjectNode) Json.parse(rows.iterator().next().getString("json")));
  }

  Future<Void> set(SqlConnection c, String name, String status, Optional<String> winner) {
    return c.preparedQuery(STATUS).execute(Tuple.of(name, status, winner.orElse(null))).mapEmpty();
  }

  Future<Void> decided(SqlConnection c, String name, Decision decision) {
    return c.preparedQuery(DECIDED)
        .execute(
            Tuple.tuple()
                .addUUID(Ids.next(clock))
                .addString(name)
                .addString(decision.by())
                .addString(decision.what())
                .addString(decision.variant().orElse(null))
                .addString(decision.reason())
                .addString(decision.data().toString()))
        .mapEmpty();
  }

  Future<Boolean> delete(SqlConnection c, String name) {
    return c.preparedQuery(DELETE).execute(Tuple.of(name)).map(rows -> rows.rowCount() == 1);
  }
}
